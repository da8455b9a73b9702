"""The checks of exercise 7.2."""

import numpy as np

from npdeconv._types import Array
from npdeconv.layers import Dense, GlobalAveragePool, ReLU, Sequential
from npdeconv.learn.compare import Call, numbers, parts, same
from npdeconv.learn.exercise import Idea
from npdeconv.visualize import class_activation_maps

FUNCTIONS = ("class_activation_map",)

MAPS = np.array([[[1, 2], [3, 0]]], float)  # one row of two places, two maps
WEIGHT = np.array([[1, 4, -1], [10, 0, 2]], float)


def by_hand(class_activation_map: Call) -> str:
    """Weigh two maps of two places."""
    class_map = _map(class_activation_map, MAPS, WEIGHT[:, :1], np.zeros(1), 0)
    return same("the map of maps [1, 3] and [2, 0], with weights 1 and 10", class_map, [[21, 3]])


def asked_class(class_activation_map: Call) -> None:
    """Ask for another class."""
    for label, expected in ((1, [[4, 12]]), (2, [[3, -3]])):
        class_map = _map(class_activation_map, MAPS, WEIGHT, np.zeros(3), label)
        same(f"the map of class {label}, weights {WEIGHT[:, label].tolist()}", class_map, expected)


def placeless(class_activation_map: Call) -> None:
    """Give the class a bias."""
    class_map = _map(class_activation_map, MAPS, WEIGHT, np.array([0.0, 5.0, 0.0]), 1)
    same("the map of class 1, whose bias is 5", class_map, [[4, 12]])


def answered(class_activation_map: Call) -> str:
    """Ask for the logit."""
    logit = _logit(class_activation_map, MAPS, WEIGHT, np.array([0.0, 5.0, 0.0]), 1)
    return same("the logit of class 1: averages 2 and 1, weights 4 and 0, bias 5", logit, 13)


def adds_up(class_activation_map: Call) -> None:
    """Add up random maps."""
    maps, weight, bias = _drawn((3, 4, 5), 6)
    for label in range(6):
        class_map = _map(class_activation_map, maps, weight, bias, label)
        logit = _logit(class_activation_map, maps, weight, bias, label)
        same(
            f"mean of the map of class {label} + bias, expected: your logit,",
            class_map.mean() + bias[label],
            logit,
        )
        expected = maps.mean(axis=(0, 1)) @ weight[:, label] + bias[label]
        same(f"logit of class {label}, of random maps (3, 4, 5)", logit, expected)


def share(class_activation_map: Call) -> None:
    """Take a place away."""
    maps, weight, bias = _drawn((2, 3, 4), 3)
    class_map = _map(class_activation_map, maps, weight, bias, 1)
    whole = _logit(class_activation_map, maps, weight, bias, 1)
    for place in np.ndindex(2, 3):
        without = maps.copy()
        without[place] = 0
        fell = whole - _logit(class_activation_map, without, weight, bias, 1)
        same(f"how far the logit falls if all maps are 0 at {place}, expected: its share, map / 6,", fell,
             class_map[place] / 6)  # fmt: skip


def differences(class_activation_map: Call) -> None:
    """Scale a place a little, up and down."""
    maps, weight, bias = _drawn((2, 2, 3), 2)
    expected, step = np.zeros((2, 2)), 2.0**-7
    for place in np.ndindex(2, 2):
        above, below = maps.copy(), maps.copy()
        above[place] *= 1 + step
        below[place] *= 1 - step
        logits = [_logit(class_activation_map, one, weight, bias, 0) for one in (above, below)]
        expected[place] = 4 * (logits[0] - logits[1]) / (2 * step)
    class_map = _map(class_activation_map, maps, weight, bias, 0)
    same(
        "the map, expected: 4 times the logit's slope, by finite differences,",
        class_map,
        expected,
        tolerance=5e-3,
    )


def like_the_package(class_activation_map: Call) -> None:
    """Compare with npdeconv."""
    rng = np.random.default_rng(5)
    dense = Dense(4, 3, rng=rng, dtype=np.float64)
    network = Sequential({"relu": ReLU(), "pool": GlobalAveragePool(), "logits": dense}, name="small")
    images = rng.integers(-4, 5, (1, 5, 6, 4)).astype(float)
    weight, bias = (rng.integers(-4, 5, shape).astype(float) for shape in ((4, 3), (3,)))
    dense.parameters["weight"][...], dense.parameters["bias"][...] = weight, bias
    found = class_activation_maps(network, images, labels=[0, 1, 2], workers=1)
    for label in range(3):
        maps = np.maximum(images[0], 0)
        class_map = _map(class_activation_map, maps, weight, bias, label)
        same(f"the map of class {label}, of maps (5, 6, 4)", class_map, found.maps[0, label])
        logit = _logit(class_activation_map, maps, weight, bias, label)
        same(f"the logit of class {label}", logit, found.logit[0, label])


def _drawn(shape: tuple[int, int, int], classes: int) -> tuple[Array, Array, Array]:
    rng = np.random.default_rng(classes)
    maps = rng.integers(0, 9, shape).astype(float)
    weight, bias = (rng.integers(-4, 5, size) / 2.0 for size in ((shape[2], classes), (classes,)))
    return maps, weight, bias


def _map(class_activation_map: Call, *arguments: object) -> Array:
    return numbers("class_map", parts(class_activation_map(*arguments), "class_map", "logit")[0])


def _logit(class_activation_map: Call, *arguments: object) -> Array:
    return numbers("logit", parts(class_activation_map(*arguments), "class_map", "logit")[1])


IDEAS = (
    Idea(
        "a place's number is the sum of the maps there, each times its weight",
        by_hand,
        (
            "At the first place the maps are 1 and 2. The class's weights are 1 and 10.",
            "Each place gives 1 * maps[..., 0] + 10 * maps[..., 1].",
            "maps @ weight[:, label], without dividing, rectifying or scaling.",
        ),
    ),
    Idea(
        "each class weighs the maps in its own way",
        asked_class,
        (
            "Which row or column of weight belongs to one class? It has the shape (D, M).",
            "weight[:, label] has a number per map. Its signs matter: a map can speak against a class.",
        ),
    ),
    Idea(
        "the bias has no place in the map",
        placeless,
        ("Where in the picture would a bias be?", "Leave it out of the map. It belongs to the logit only."),
    ),
    Idea(
        "the logit is the mean of the map, plus the bias",
        answered,
        (
            "The network averages: it divides the sum by the number of places.",
            "Averages 2 and 1 times weights 4 and 0 give 8; plus the bias 5 gives 13.",
            "class_map.mean() + bias[label]",
        ),
    ),
    Idea(
        "for every class, the map adds up to the logit",
        adds_up,
        (
            "Compute the logit in the network's order: average first, then weigh. Do both agree?",
            "Is the bias that of the asked class?",
        ),
    ),
    Idea(
        "a place without its maps takes its share away",
        share,
        (
            "Is any number of the map changed by another place's?",
            "No maximum of the whole map may divide it.",
        ),
    ),
    Idea(
        "the map agrees with finite differences of the logit",
        differences,
        (
            "Nudge all maps of one place, and see what your logit does.",
            "The share of a place is map / (OH * OW).",
        ),
    ),
    Idea(
        "it agrees with npdeconv",
        like_the_package,
        ("Look at the class in the message.", "Are height and width ever confused?"),
    ),
)
