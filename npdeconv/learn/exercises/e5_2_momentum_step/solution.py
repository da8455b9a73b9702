"""Exercise 5.2: a step of descent with momentum.

Plain descent forgets every step it took. With momentum, a velocity remembers them: it is the sum of all
gradients so far, where each step makes the older ones fade by a factor, the momentum. The weights move
against the velocity, by the learning rate.
"""

import numpy as np


def momentum_step(weight, gradient, velocity, learning_rate, momentum):
    """Return the weights and the velocity after one step.

    Parameters
    ----------
    weight : array of any shape
    gradient : array of the same shape
        Of the loss by the weights, at the weights.
    velocity : array of the same shape
        From the step before; zeros before the first one.
    learning_rate : float
    momentum : float
        What is left of the velocity after one step, from 0 (nothing) to below 1.

    Returns
    -------
    weight : array
        The new weights.
    velocity : array
        The new velocity: the old one, faded, plus the gradient.
    """
    velocity = momentum * np.asarray(velocity) + gradient
    return weight - learning_rate * velocity, velocity
