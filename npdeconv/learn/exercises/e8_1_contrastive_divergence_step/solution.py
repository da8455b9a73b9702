"""Exercise 8.1: a Boltzmann machine learns by comparing the data with its own fantasies.

The machine has D visible and M hidden units. Given the visible units v, a hidden unit is 1 with probability
sigmoid(v @ weight + hidden_bias); given the hidden units h, a visible one with probability
sigmoid(h @ weight.T + visible_bias), where sigmoid(x) = 1 / (1 + exp(-x)). From the data v, draw h; from h,
draw v again: this is the fantasy. Then make likelier what the data show, and less likely what the fantasy
shows:

    weight         moves by the mean of  v h  at the data, minus that at the fantasy
    visible_bias   moves by the mean of  v    at the data, minus that at the fantasy
    hidden_bias    moves by the mean of  h    at the data, minus that at the fantasy

each times the learning rate. In these means, h is the probability, not the draw: this is less noisy. The
fantasy is drawn, of ones and zeros. To draw, compare with a random number: a unit is 1 where the number is
below its probability, else 0.
"""

import numpy as np


def contrastive_divergence_step(
    v, weight, visible_bias, hidden_bias, learning_rate, draws_hidden, draws_visible
):
    """Return the parameters after one step.

    Parameters
    ----------
    v : array (N, D)
        N images of D pixels, from 0 to 1.
    weight : array (D, M)
    visible_bias : array (D,)
    hidden_bias : array (M,)
    learning_rate : float
    draws_hidden : array (N, M)
        Random numbers from 0 to 1, with which the hidden units are drawn.
    draws_visible : array (N, D)
        Those with which the fantasy is drawn.

    Returns
    -------
    weight : array (D, M)
    visible_bias : array (D,)
    hidden_bias : array (M,)
    """
    at_data = _sigmoid(v @ weight + hidden_bias)
    h = (draws_hidden < at_data).astype(float)
    fantasy = (draws_visible < _sigmoid(h @ weight.T + visible_bias)).astype(float)
    at_fantasy = _sigmoid(fantasy @ weight + hidden_bias)
    return (
        weight + learning_rate * (v.T @ at_data - fantasy.T @ at_fantasy) / len(v),
        visible_bias + learning_rate * (v - fantasy).mean(axis=0),
        hidden_bias + learning_rate * (at_data - at_fantasy).mean(axis=0),
    )


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))
