"""Exercise 1.2: a multilayer perceptron computes its outputs.

A layer of neurons is a matrix of weights, with a column for each neuron, and a bias for each. Between two
layers stands a rectifier, max(x, 0): without it, two layers could do no more than one. Behind the last layer
stands none, so that outputs may be negative.
"""

import numpy as np


def mlp_forward(x, weights, biases):
    """Return the outputs of the last layer.

    Parameters
    ----------
    x : array (N, D)
        N examples of D numbers.
    weights : list of arrays (D, M)
        One per layer; M of a layer is D of the next.
    biases : list of arrays (M,)
        One per layer.

    Returns
    -------
    array (N, M)
        M is that of the last layer.
    """
    for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
        x = np.maximum(x @ weight + bias, 0)
    return x @ weights[-1] + biases[-1]
