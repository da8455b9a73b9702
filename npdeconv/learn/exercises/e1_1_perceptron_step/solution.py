"""Exercise 1.1: a perceptron learns from its mistakes.

A perceptron answers 1 where its activation, x @ weight + bias, is larger than 0, and else 0. Rosenblatt's
rule changes it only after a wrong answer: it adds learning_rate * (label - answer) * x to the weights, and
learning_rate * (label - answer) to the bias.
"""


def perceptron_step(weight, bias, x, label, learning_rate):
    """Look at one example; return the new weights and the new bias.

    Parameters
    ----------
    weight : array (D,)
        One weight per input.
    bias : float
    x : array (D,)
        The example.
    label : int
        The right answer, 0 or 1.
    learning_rate : float

    Returns
    -------
    weight : array (D,)
        A new array; the given one stays as it is.
    bias : float
    """
    answer = 1 if x @ weight + bias > 0 else 0
    step = learning_rate * (label - answer)
    return weight + step * x, bias + step
