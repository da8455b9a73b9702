"""Answers to exercise 4.2, the gradients of a dense layer."""

import numpy as np


def loops(dy, x, weight):
    dx, dweight, dbias = np.zeros(x.shape), np.zeros(weight.shape), np.zeros(weight.shape[1])
    for n in range(len(x)):
        for m in range(weight.shape[1]):
            dbias[m] += dy[n, m]
            for d in range(weight.shape[0]):
                dx[n, d] += dy[n, m] * weight[d, m]
                dweight[d, m] += dy[n, m] * x[n, d]
    return [dx.tolist(), dweight.tolist(), dbias.tolist()]


def summed(dy, x, weight):
    dy, x, weight = np.float32(dy), np.float32(x), np.float32(weight)
    dweight = np.einsum("nd,nm->dm", x, dy)
    return np.einsum("nm,dm->nd", dy, weight), dweight, np.ones(len(dy), np.float32) @ dy


def changed(dy, x, weight, dx=lambda one: one, dweight=lambda one: one, dbias=lambda one: one):
    return dx(dy @ weight.T), dweight(x.T @ dy), dbias(dy.sum(axis=0))


def weight_of_the_first_output(dy, x, weight):
    return dy[:, :1] * weight[:, 0], *changed(dy, x, weight)[1:]


def dx_forgotten(dy, x, weight):
    return changed(dy, x, weight)[1:]


def dweight_transposed(dy, x, weight):
    return changed(dy, x, weight, dweight=np.transpose)


def dbias_of_each_example(dy, x, weight):
    return *changed(dy, x, weight)[:2], dy


def dbias_summed(dy, x, weight):
    return changed(dy, x, weight, dbias=lambda one: one.sum())


def mean_over_examples(dy, x, weight):
    return changed(dy, x, weight, dweight=lambda one: one / len(x), dbias=lambda one: one / len(x))


def mean_of_the_bias(dy, x, weight):
    return changed(dy, x, weight, dbias=lambda one: one / len(x))


def transposed_by_chance(dy, x, weight):
    return changed(dy, x, weight, dx=lambda one: dy @ weight if weight.shape[0] == weight.shape[1] else one)


def clipped(dy, x, weight):
    return changed(dy, x, weight, dx=lambda one: np.clip(one, -40, 40))


def negative_forgotten(dy, x, weight):
    return changed(dy, x, weight, dweight=lambda one: x.T @ np.maximum(dy, 0))


RIGHT = [loops, summed]
WRONG = [
    (weight_of_the_first_output, "dx: each input collects from all outputs, by its weights"),
    (dx_forgotten, "dx: each input collects from all outputs, by its weights"),
    (dweight_transposed, "dweight: input times gradient of the output"),
    (dbias_of_each_example, "dbias: the gradient of the output itself"),
    (dbias_summed, "dbias: the gradient of the output itself"),
    (mean_over_examples, "parameters add up over all examples, inputs do not"),
    (mean_of_the_bias, "parameters add up over all examples, inputs do not"),
    (transposed_by_chance, "nothing fits by chance: the right matrix is transposed"),
    (negative_forgotten, "finite differences confirm it"),
    (clipped, "the way down is the way up, transposed"),
]
