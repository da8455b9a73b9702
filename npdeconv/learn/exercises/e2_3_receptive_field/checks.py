"""The checks of exercise 2.3."""

import numpy as np

from npdeconv.learn.compare import Call, same
from npdeconv.learn.exercise import Idea
from npdeconv.plain import add_windows

FUNCTIONS = ("receptive_field",)


def one_layer(receptive_field: Call) -> str:
    """Look through one layer."""
    same("pixels seen through [(5, 2)]", receptive_field([(5, 2)]), 5)
    return same("pixels seen through [(3, 1)]", receptive_field([(3, 1)]), 3)


def neighbors_overlap(receptive_field: Call) -> None:
    """Look through layers of stride 1."""
    same("pixels seen through [(3, 1), (3, 1)]", receptive_field([(3, 1), (3, 1)]), 5)
    same("pixels seen through [(3, 1), (3, 1), (3, 1)]", receptive_field([(3, 1)] * 3), 7)
    same("pixels seen through [(5, 1), (2, 1)]", receptive_field([(5, 1), (2, 1)]), 6)


def spread(receptive_field: Call) -> None:
    """Look through one layer with a stride."""
    same("pixels seen through [(2, 2), (3, 1)]", receptive_field([(2, 2), (3, 1)]), 6)
    same("pixels seen through [(3, 1), (2, 2)]", receptive_field([(3, 1), (2, 2)]), 4)
    same("pixels seen through [(3, 1), (2, 2), (3, 1)]", receptive_field([(3, 1), (2, 2), (3, 1)]), 8)


def strides_multiply(receptive_field: Call) -> None:
    """Look through several layers with strides."""
    same("pixels seen through [(2, 2), (2, 2), (3, 1)]", receptive_field([(2, 2), (2, 2), (3, 1)]), 12)
    same("pixels seen through [(3, 3), (2, 2), (2, 1)]", receptive_field([(3, 3), (2, 2), (2, 1)]), 12)


def no_layer(receptive_field: Call) -> None:
    """Look at the image itself."""
    same("pixels seen through no layer at all, []", receptive_field([]), 1)


def like_the_package(receptive_field: Call) -> None:
    """Compare with the pixels that npdeconv reaches on the way down from one unit."""
    rng = np.random.default_rng(0)
    for _ in range(12):
        windows = rng.integers(1, 5, rng.integers(1, 5)).tolist()
        layers = [(window, int(rng.integers(1, window + 1))) for window in windows]
        same(f"pixels seen through {layers}", receptive_field(layers), _reached(layers))


def _reached(layers: list[tuple[int, int]]) -> int:
    x = np.ones((1, 1, 1, 1))
    for window, stride in reversed(layers):
        below = (x.shape[1] - 1) * stride + window
        parts = np.broadcast_to(x[:, :, :, np.newaxis, np.newaxis], (*x.shape[:3], window, 1, 1))
        x = add_windows(parts, (stride, 1), ((0, 0), (0, 0)), (1, below, 1, 1))
    return int((x > 0).sum())


IDEAS = (
    Idea(
        "a unit of one layer sees its window",
        one_layer,
        (
            "How many pixels does a window of 5 hold? Does that depend on where the next window is?",
            "The stride of a layer matters to the layers above it, not to itself.",
            "Add the pixels with the distance from below; multiply the distance by the stride afterwards.",
        ),
    ),
    Idea(
        "neighboring units see mostly the same pixels",
        neighbors_overlap,
        (
            "Three neighboring units see 3 pixels each, with stride 1. How many different pixels is that?",
            "Draw it: the second unit adds one new pixel to the three of the first, and so does the third.",
            "A window adds window - 1 units to the first one; here each adds one pixel.",
        ),
    ),
    Idea(
        "a stride spreads the layers above",
        spread,
        (
            "Neighboring units behind stride 2 begin 2 pixels apart. How many new pixels does each add?",
            "A window adds (window - 1) * distance, where the distance is that of its layer's input units.",
        ),
    ),
    Idea(
        "strides multiply",
        strides_multiply,
        (
            "Behind two layers of stride 2, how many pixels apart do neighboring units begin?",
            "distance = distance * stride, layer after layer, from 1 for pixels.",
        ),
    ),
    Idea(
        "without a layer, a unit is a pixel",
        no_layer,
        (
            "What do you start from, before the loop?",
            "A pixel sees 1 pixel, and the next one is 1 pixel away.",
        ),
    ),
    Idea(
        "it agrees with npdeconv, pixel by pixel",
        like_the_package,
        (
            "Draw the units of the layers in the message, from the top down.",
            "Are layers read from the image upward?",
        ),
    ),
)
