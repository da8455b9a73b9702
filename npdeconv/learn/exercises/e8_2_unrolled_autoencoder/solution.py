"""Exercise 8.2: machines are stacked, unrolled into an autoencoder, and get a loss.

Each machine has weights, biases of its hidden units and biases of its visible ones. On the way up, layer
after layer computes sigmoid(x @ weight + hidden_bias). The last one has no sigmoid: its numbers are the code.
On the way down, the machines come in reverse, each with its weights transposed and its visible biases:
sigmoid(y @ weight.T + visible_bias). The last of these, too, is left without its sigmoid: it returns logits,
and sigmoid(logit) is a pixel's probability p of being 1. Here, sigmoid(x) = 1 / (1 + exp(-x)).

The loss of a pixel x is -x log(p) - (1 - x) log(1 - p). That of an image is the sum over its pixels, and the
whole loss is the mean over the images.
"""

import numpy as np


def unrolled_forward(x, weights, hidden_biases, visible_biases):
    """Return the code and the logits of the reconstruction.

    Parameters
    ----------
    x : array (N, D)
        N images of D pixels, from 0 to 1.
    weights : list of arrays (D, M)
        One per machine, from the pixels up; M of a machine is D of the next.
    hidden_biases : list of arrays (M,)
        One per machine, in the same order.
    visible_biases : list of arrays (D,)
        One per machine, in the same order.

    Returns
    -------
    code : array (N, M)
        M is that of the last machine.
    logits : array (N, D)
    """
    y = x
    for weight, bias in zip(weights[:-1], hidden_biases[:-1], strict=True):
        y = _sigmoid(y @ weight + bias)
    code = y = y @ weights[-1] + hidden_biases[-1]
    for weight, bias in zip(weights[:0:-1], visible_biases[:0:-1], strict=True):
        y = _sigmoid(y @ weight.T + bias)
    return code, y @ weights[0].T + visible_biases[0]


def reconstruction_loss(logits, x):
    """Return the loss, and its gradient by the logits.

    Parameters
    ----------
    logits : array (N, D)
        They may be large, such as 1000 or -1000.
    x : array (N, D)
        The pixels, from 0 to 1.

    Returns
    -------
    loss : float
        The mean over the images of the sum over the pixels; the natural logarithm.
    dlogits : array (N, D)
        How the loss changes with each logit.
    """
    losses = np.logaddexp(0, logits) - logits * x  # -log(p) is log(1 + exp(-logit)): no p, no log of 0
    return losses.sum() / len(x), (_sigmoid(logits) - x) / len(x)


def _sigmoid(x):
    return (1 + np.tanh(x / 2)) / 2  # the same, without an exp that overflows
