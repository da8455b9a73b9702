"""Answers to exercise 7.2, class activation maps."""

import numpy as np


def loops(maps, weight, bias, label):
    """Go through every place, in lists."""
    rows, columns, count = maps.shape
    answer = [
        [sum(float(maps[i, j, d] * weight[d, label]) for d in range(count)) for j in range(columns)]
        for i in range(rows)
    ]
    return answer, sum(map(sum, answer)) / (rows * columns) + bias[label]


def average_first(maps, weight, bias, label):
    """Compute all logits as the network does, in float32."""
    maps, weight = maps.astype(np.float32), weight.astype(np.float32)
    logits = maps.mean(axis=(0, 1)) @ weight + bias
    return np.einsum("ijd,d->ij", maps, weight[:, label]), logits[label]


def unweighted(maps, weight, bias, label):
    return maps.sum(axis=2), average_first(maps, weight, bias, label)[1]


def scaled_to_1(maps, weight, bias, label):
    class_map, logit = average_first(maps, weight, bias, label)
    return class_map / np.abs(class_map).max(), logit


def always_the_first_class(maps, weight, bias, label):
    return average_first(maps, weight, bias, 0)


def evidence_for_only(maps, weight, bias, label):
    class_map, logit = average_first(maps, weight, bias, label)
    return np.maximum(class_map, 0), logit


def a_row_of_the_weights(maps, weight, bias, label):
    turned = weight.T.reshape(weight.shape)
    return average_first(maps, turned, bias, label)


def with_the_bias(maps, weight, bias, label):
    class_map, logit = average_first(maps, weight, bias, label)
    return class_map + bias[label], logit


def sum_for_a_logit(maps, weight, bias, label):
    class_map, _ = average_first(maps, weight, bias, label)
    return class_map, class_map.sum() + bias[label]


def no_bias_at_all(maps, weight, bias, label):
    class_map, _ = average_first(maps, weight, bias, label)
    return class_map, class_map.mean()


def map_only(maps, weight, bias, label):
    return np.array(loops(maps, weight, bias, label)[0])


RIGHT = [loops, average_first]
WRONG = [
    (unweighted, "a place's number is the sum of the maps there, each times its weight"),
    (scaled_to_1, "a place's number is the sum of the maps there, each times its weight"),
    (map_only, "a place's number is the sum of the maps there, each times its weight"),
    (always_the_first_class, "each class weighs the maps in its own way"),
    (evidence_for_only, "each class weighs the maps in its own way"),
    (a_row_of_the_weights, "each class weighs the maps in its own way"),
    (with_the_bias, "the bias has no place in the map"),
    (sum_for_a_logit, "the logit is the mean of the map, plus the bias"),
    (no_bias_at_all, "the logit is the mean of the map, plus the bias"),
]
