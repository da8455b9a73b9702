"""Answers to exercise 1.1, the perceptron's step."""

import numpy as np


def by_cases(weight, bias, x, label, learning_rate):
    answer = int(sum(w * value for w, value in zip(weight, x, strict=True)) + bias > 0)
    if answer == label:
        return list(weight), bias
    sign = 1 if label == 1 else -1
    new = [w + sign * learning_rate * value for w, value in zip(weight, x, strict=True)]
    return new, bias + sign * learning_rate


def in_float32(weight, bias, x, label, learning_rate):
    weight, x = np.float32(weight), np.float32(x)
    step = learning_rate * (label - (weight @ x + bias > 0))
    weight = weight + np.float32(step) * x
    return weight, np.array([bias + step], np.float32)


def delta_rule(weight, bias, x, label, learning_rate):
    step = learning_rate * (label - (x @ weight + bias))
    return weight + step * x, bias + step


def still_bias(weight, bias, x, label, learning_rate):
    return by_cases(weight, bias, x, label, learning_rate)[0], bias


def only_misses(weight, bias, x, label, learning_rate):
    if label == 0:
        return weight, bias
    return by_cases(weight, bias, x, label, learning_rate)


def without_bias(weight, bias, x, label, learning_rate):
    step = learning_rate * (label - (1 if x @ weight > 0 else 0))
    return weight + step * x, bias + step


def always_moves(weight, bias, x, label, learning_rate):
    step = learning_rate * (1 if label else -1)
    return weight + step * x, bias + step


def zero_is_one(weight, bias, x, label, learning_rate):
    step = learning_rate * (label - (1 if x @ weight + bias >= 0 else 0))
    return weight + step * x, bias + step


def no_rate(weight, bias, x, label, learning_rate):
    return by_cases(weight, bias, x, label, 1)


def no_rate_for_the_bias(weight, bias, x, label, learning_rate):
    new, _ = by_cases(weight, bias, x, label, learning_rate)
    return new, by_cases(weight, bias, x, label, 1)[1]


def in_place(weight, bias, x, label, learning_rate):
    step = learning_rate * (label - (1 if x @ weight + bias > 0 else 0))
    weight += step * x
    return weight, bias + step


def forgets_after_two(weight, bias, x, label, learning_rate):
    new, other = by_cases(weight, bias, x, label, learning_rate)
    return [*new[:2], *weight[2:]], other


RIGHT = [by_cases, in_float32]
WRONG = [
    (delta_rule, "a missed 1 adds x to the weights"),
    (still_bias, "the bias moves as a weight does whose input is always 1"),
    (only_misses, "a 1 instead of a 0 subtracts x from the weights"),
    (without_bias, "a 1 instead of a 0 subtracts x from the weights"),
    (always_moves, "a right answer changes nothing"),
    (zero_is_one, "an activation of exactly 0 is answered by 0"),
    (no_rate, "the learning rate scales the step"),
    (no_rate_for_the_bias, "the learning rate scales the step"),
    (in_place, "the inputs stay as they are"),
    (forgets_after_two, "repeated, it learns what a line can separate"),
]
