"""Answers to exercise 5.1, softmax and cross-entropy."""

import math

import numpy as np


def loops(logits, labels):
    """Go through every row, in lists."""
    losses, gradient = [], []
    for row, label in zip(logits.tolist(), labels.tolist(), strict=True):
        largest = max(row)
        total = sum(math.exp(value - largest) for value in row)
        losses.append(math.log(total) + largest - row[label])
        pushes = [math.exp(value - largest) / total for value in row]
        pushes[label] -= 1
        gradient.append([push / len(labels) for push in pushes])
    return sum(losses) / len(losses), gradient


def one_hot(logits, labels):
    """Subtract a matrix of ones, in float32."""
    logits = logits.astype(np.float32)
    log_sums = np.logaddexp.reduce(logits, axis=1, keepdims=True)
    truth = np.eye(logits.shape[1])[labels]
    return ((log_sums - logits) * truth).sum() / len(logits), (np.exp(logits - log_sums) - truth) / len(
        logits
    )


def probabilities(logits, axis=1):
    powers = np.exp(logits - logits.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


def from_probabilities(p, labels, tiny=0.0):
    rows, dlogits = np.arange(len(labels)), p.copy()
    dlogits[rows, labels] -= 1
    with np.errstate(divide="ignore", invalid="ignore"):
        return -np.log(p[rows, labels] + tiny).mean(), dlogits / len(labels)


def likeliest_class(logits, labels):
    return from_probabilities(probabilities(logits), 0 * labels)


def over_all_rows(logits, labels):
    powers = np.exp(logits - logits.max())
    return from_probabilities(powers / powers.sum(), labels)


def summed(logits, labels):
    loss, dlogits = loops(logits, labels)
    return loss * len(labels), dlogits


def probability_only(logits, labels):
    return loops(logits, labels)[0], probabilities(logits)


def turned_sign(logits, labels):
    loss, dlogits = loops(logits, labels)
    return loss, -np.array(dlogits)


def not_shared(logits, labels):
    loss, dlogits = loops(logits, labels)
    return loss, np.array(dlogits) * len(labels)


def overflowing(logits, labels):
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        powers = np.exp(logits)
        return from_probabilities(powers / powers.sum(axis=1, keepdims=True), labels)


def logarithm_of_zero(logits, labels):
    return from_probabilities(probabilities(logits), labels)


def logarithm_of_something_tiny(logits, labels):
    return from_probabilities(probabilities(logits), labels, tiny=1e-9)


RIGHT = [loops, one_hot]
WRONG = [
    (likeliest_class, "the loss of a row is -log(p) of its true class"),
    (over_all_rows, "the loss is the mean over the rows, each with its own sum"),
    (summed, "the loss is the mean over the rows, each with its own sum"),
    (probability_only, "the gradient is the probability, minus 1 at the true class"),
    (turned_sign, "the gradient is the probability, minus 1 at the true class"),
    (not_shared, "each of N rows has a share of 1 / N in the gradient"),
    (overflowing, "large logits do not overflow"),
    (logarithm_of_zero, "a probability that rounds to 0 still has a finite loss"),
    (logarithm_of_something_tiny, "a probability that rounds to 0 still has a finite loss"),
]
