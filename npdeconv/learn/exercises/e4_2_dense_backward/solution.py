"""Exercise 4.2: the gradients of a dense layer.

The layer computed y = x @ weight + bias. Somewhere above is a loss; dy says how much the loss changes with
each number of y. How much does it change with each number of x, of the weights and of the bias?
"""


def dense_backward(dy, x, weight):
    """Return the gradients of the loss with respect to x, the weights and the bias.

    Parameters
    ----------
    dy : array (N, M)
        The gradient with respect to y.
    x : array (N, D)
        What the layer got.
    weight : array (D, M)

    Returns
    -------
    dx : array (N, D)
    dweight : array (D, M)
    dbias : array (M,)
    """
    return dy @ weight.T, x.T @ dy, dy.sum(axis=0)
