"""Answers to exercise 6.2, the rules of rectifiers. An answer is deconvnet, gradient and guided."""

import numpy as np


def deconvnet(y, x):
    return np.where(y > 0, y, 0)


def gradient(y, x):
    return np.where(x > 0, y, 0)


def guided(y, x):
    return np.where((x > 0) & (y > 0), y, 0)


def deconvnet_in_place_of_a_copy(y, x):
    passed = y.astype(np.float32)
    passed[passed < 0] = 0
    return passed.tolist()


def gradient_by_half_the_sign(y, x):
    return y * ((np.sign(x) + np.abs(np.sign(x))) / 2)


def guided_by_the_others(y, x):
    return gradient_by_half_the_sign(deconvnet(y, x), x)


def everything(y, x):
    return y


def scaled_by_x(y, x):
    return y * np.maximum(x, 0)


def scaled_guided(y, x):
    return np.maximum(y, 0) * np.maximum(x, 0) / 5


def scaled_gradient(y, x):
    return y * np.maximum(x, 0) / 5


def open_at_zero(y, x):
    return np.where(x >= 0, y, 0)


def guided_open_at_zero(y, x):
    return np.where((x >= 0) & (y > 0), y, 0)


def either(y, x):
    return np.where((x > 0) | (y > 0), y, 0)


RIGHT = [
    (deconvnet, gradient, guided),
    (deconvnet_in_place_of_a_copy, gradient_by_half_the_sign, guided_by_the_others),
]
WRONG = [
    ((everything, gradient, guided), "the deconvnet passes what is positive on the way down"),
    ((guided, gradient, guided), "the deconvnet passes what is positive on the way down"),
    ((gradient, deconvnet, guided), "the deconvnet passes what is positive on the way down"),
    ((deconvnet, guided, guided), "the gradient passes where it was positive on the way up"),
    ((deconvnet, scaled_by_x, guided), "the gradient passes where it was positive on the way up"),
    ((deconvnet, gradient, gradient), "guided backpropagation asks both questions"),
    ((deconvnet, gradient, either), "guided backpropagation asks both questions"),
    ((deconvnet, open_at_zero, guided), "where x was exactly 0, the gate of the way up is closed"),
    ((deconvnet, gradient, guided_open_at_zero), "where x was exactly 0, the gate of the way up is closed"),
    ((deconvnet, scaled_gradient, guided), "x opens and closes gates, its size does not matter"),
    ((deconvnet, gradient, scaled_guided), "x opens and closes gates, its size does not matter"),
]
