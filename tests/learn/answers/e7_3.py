"""Answers to exercise 7.3: the file as it is handed over, with the lines that a learner may put into it."""

from pathlib import Path

import numpy as np

from npdeconv.learn.exercises.e7_3_deconvnet_with_a_fault import skeleton

SOURCE = Path(skeleton.__file__).read_text(encoding="utf-8")
GATE = "passed = unpooled * (convolved > 0)"
"""The fault."""
REPAIR = (GATE, "passed = np.maximum(unpooled, 0)")


def edited(name, *changes):
    """Return the function of the file after changes of (what stood there, what a learner writes)."""
    source, namespace = SOURCE, {}
    for old, new in changes:
        assert source.count(old) == 1, old
        source = source.replace(old, new)
    exec(compile(source, f"{name}.py", "exec"), namespace)
    namespace["project"].__name__ = name
    return namespace["project"]


def matrices(image, weights, biases, feature_map):
    """Build the whole way up as matrices, and carry the unit down by their transposes, in float32."""
    x, ways = image.astype(np.float32), []
    for weight, bias in zip(weights, biases, strict=True):
        size, (height, width) = x.size, (x.shape[0] - weight.shape[0] + 1, x.shape[1] - weight.shape[1] + 1)
        numbers = np.arange(size).reshape(x.shape)
        matrix = np.zeros((height, width, weight.shape[3], size), np.float32)
        for i, j in np.ndindex(height, width):
            seen = numbers[i : i + weight.shape[0], j : j + weight.shape[1]]
            matrix[i, j][:, seen.ravel()] = weight.reshape(-1, weight.shape[3]).T
        rectified = np.maximum(matrix @ x.ravel() + bias, 0)
        pooled = np.zeros((height // 2, width // 2, weight.shape[3]), np.float32)
        choice = np.zeros((pooled.size, rectified.size), np.float32)
        places = np.arange(rectified.size).reshape(rectified.shape)
        for number, (i, j, f) in enumerate(np.ndindex(*pooled.shape)):
            window = rectified[2 * i : 2 * i + 2, 2 * j : 2 * j + 2, f].ravel()
            pooled[i, j, f] = window.max()
            choice[number, places[2 * i : 2 * i + 2, 2 * j : 2 * j + 2, f].ravel()[window.argmax()]] = 1
        ways.append((choice, matrix.reshape(-1, size)))
        x = pooled
    number = np.arange(x.size).reshape(x.shape)[:, :, feature_map].ravel()[x[:, :, feature_map].argmax()]
    y = np.where(np.arange(x.size) == number, x.ravel(), 0)
    for choice, matrix in reversed(ways):
        y = np.maximum(y @ choice, 0) @ matrix
    return y.reshape(image.shape).tolist()


RECTIFIED = "what comes down is rectified"
ALONE = "one unit is carried down, all others are 0"
WRITTEN = "a unit writes its filter, times its activation"
SWITCHES = "the switches say where a value returns"

LAST = "    return y"
WRITE = "+= weight @ passed"
PLACES = "for i, j in np.ndindex(*passed.shape[:2])"
UNIT = "y[place][feature_map] = x[place][feature_map]"
RETURN = "2 * i + row, 2 * j + column"
PASSES_ALL = (GATE, "passed = unpooled")
BIAS = (
    ("notes.append((weight,", "notes.append((bias, weight,"),
    ("for weight, shape,", "for bias, weight, shape,"),
)

RIGHT = [
    edited("repaired", REPAIR),
    edited("repaired_with_where", (GATE, "passed = np.where(unpooled > 0, unpooled, 0)")),
    matrices,
]
WRONG = [
    # Not repaired, or not by the right rule.
    (edited("handed_over"), RECTIFIED),
    (edited("gate_taken_out", PASSES_ALL), RECTIFIED),
    (edited("rectified_too_late", PASSES_ALL, (LAST, "    return np.maximum(y, 0)")), RECTIFIED),
    (edited("sign_turned", (GATE, "passed = np.maximum(-unpooled, 0)")), WRITTEN),
    (
        edited("guided", (GATE, "passed = np.maximum(unpooled, 0) * (convolved > 0)")),
        "the signs of the way up stop nothing",
    ),
    # Repaired, and something that was right is "repaired" as well.
    (
        edited("turned", REPAIR, (WRITE, "+= weight[::-1, ::-1] @ passed")),
        "a filter is written as it was read, not turned",
    ),
    (
        edited("bias_taken_off", REPAIR, *BIAS, ("= y[i, j, f]\n", "= y[i, j, f] - bias[f]\n")),
        "no bias is added on the way down",
    ),
    (edited("column_before_row", REPAIR, ("row, column = divmod", "column, row = divmod")), SWITCHES),
    (edited("to_the_first_place", REPAIR, (RETURN, "2 * i, 2 * j")), SWITCHES),
    (edited("whole_map", REPAIR, (UNIT, "y[:, :, feature_map] = x[:, :, feature_map]")), ALONE),
    (edited("all_maps_of_the_place", REPAIR, (UNIT, "y[place] = x[place]")), ALONE),
    (edited("overwritten_by_zeros", REPAIR, (WRITE, "= weight @ passed")), WRITTEN),
    (
        edited(
            "overwritten",
            REPAIR,
            (WRITE, "= weight @ passed"),
            (PLACES, "for i, j in np.argwhere(passed.any(2))"),
        ),
        "overlapping filters add up",
    ),
]
