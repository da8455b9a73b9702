"""The checks of exercise 6.3."""

import numpy as np

from npdeconv._types import Array
from npdeconv.learn.compare import Call, numbers, same
from npdeconv.learn.exercise import Idea
from npdeconv.plain import Conv, MaxPool, ReLU, project

FUNCTIONS = ("project_unit",)

ROWS = ((0, 1, 2, 2, 1, 0), (0, 0, 2, 3, 1, 0), (0, 0, 1, 2, 2, 1), (0, 0, 0, 2, 3, 2), (0, 0, 0, 1, 2, 3))
BAR = np.array([*ROWS, (0, 0, 0, 0, 0, 2)], float)[:, :, np.newaxis]
COPY = np.ones((1, 1, 1, 1))
CROSS = np.array([[0, 1, 0], [1, 2, 1], [0, 1, 0]], float)[:, :, np.newaxis, np.newaxis]


def by_hand(project_unit: Call) -> str:
    """Project the brightest of four pixels."""
    image = np.array([[9.0, 1.0], [2.0, 3.0]])[:, :, np.newaxis]
    result = project_unit(image, COPY, np.zeros(1), 0)
    return same("the image [[9, 1], [2, 3]] through a filter that copies", result,
                [[[9], [0]], [[0], [0]]])  # fmt: skip


def one_unit(project_unit: Call) -> str:
    """Project the brightest of several windows."""
    image = np.zeros((4, 4, 1))
    image[0, 0], image[0, 2], image[2, 0], image[2, 2] = 5, 6, 8, 7
    expected = np.zeros((4, 4, 1))
    expected[2, 0] = 8
    pixels = project_unit(image, COPY, np.zeros(1), 0)
    return same("4x4 pixels with 5, 6, 8 and 7 at the windows' first places", pixels, expected)


def switched(project_unit: Call) -> None:
    """Project values that won at each of the four places of a window."""
    for row, column in np.ndindex(2, 2):
        image = np.zeros((4, 4, 1))
        image[2 + row, 0 + column] = 5
        same(
            f"one bright pixel in row {2 + row}, column {column}",
            project_unit(image, COPY, np.zeros(1), 0),
            image,
        )


def edge(project_unit: Call) -> str:
    """Do the example of chapter 6."""
    weight = np.array([[-1, 0, 1]] * 3, float)[:, :, np.newaxis, np.newaxis]
    expected = np.zeros((6, 6, 1))
    expected[1:4, 1], expected[1:4, 3] = -7, 7
    return same(
        "chapter 6's leaning bar and its edge filter", project_unit(BAR, weight, np.zeros(1), 0), expected
    )


def not_turned(project_unit: Call) -> None:
    """Use a filter that is not symmetric up and down either."""
    image = np.zeros((4, 5, 1))
    image[1:3, 1:4] = [[[1], [2], [3]], [[4], [5], [6]]]
    weight = image[1:3, 1:4, :, np.newaxis]
    expected = np.zeros((4, 5, 1))
    expected[1:3, 1:4] = 91 * image[1:3, 1:4]
    same("an image of the filter [[1, 2, 3], [4, 5, 6]], from row 1 and column 1",
         project_unit(image, weight, np.zeros(1), 0), expected)  # fmt: skip


def biased(project_unit: Call) -> None:
    """Add a bias on the way up."""
    image = np.zeros((4, 4, 1))
    image[1, 1] = 5
    same("one pixel of 5, bias 2", project_unit(image, COPY, np.array([2.0]), 0), 7 / 5 * image)
    same("one pixel of 5, bias -3", project_unit(image, COPY, np.array([-3.0]), 0), 2 / 5 * image)


def other_maps(project_unit: Call) -> None:
    """Ask for one of three maps."""
    weight = np.concatenate([CROSS, 5 * CROSS, -CROSS], axis=3)
    for number, expected in enumerate((1, 25)):
        alone = numbers("pixels", project_unit(BAR, CROSS, np.zeros(1), 0))
        same(f"map {number} of three", project_unit(BAR, weight, np.zeros(3), number), expected * alone)


def silent(project_unit: Call) -> None:
    """Ask for a map that is nowhere positive."""
    same("a filter of -1", project_unit(BAR + 1, -COPY, np.zeros(1), 0), np.zeros((6, 6, 1)))


def ties(project_unit: Call) -> None:
    """Project one of equal values."""
    expected = np.zeros((4, 4, 1))
    expected[0, 0] = 3
    same("all pixels are 3", project_unit(np.full((4, 4, 1), 3.0), COPY, np.zeros(1), 0), expected)


def leftovers(project_unit: Call) -> None:
    """Hide the brightest pixel where no window reaches."""
    image = np.zeros((5, 5, 1))
    image[4, 2], image[2, 4], image[3, 1] = 9, 9, 4
    expected = np.zeros((5, 5, 1))
    expected[3, 1] = 4
    same("5x5 pixels, brightest at the edges", project_unit(image, COPY, np.zeros(1), 0), expected)


def like_the_package(project_unit: Call) -> None:
    """Compare with npdeconv on random images with several channels."""
    for seed, (shape, filters) in enumerate((((8, 8, 1), (3, 3, 1, 4)), ((9, 7, 3), (2, 3, 3, 2)))):
        rng = np.random.default_rng(seed)
        image, weight = rng.integers(0, 8, shape).astype(float), rng.integers(-3, 4, filters).astype(float)
        bias = rng.integers(-2, 3, filters[3]).astype(float)
        chain = {"conv": Conv(weight, bias), "relu": ReLU(), "pool": MaxPool()}
        for number in range(filters[3]):
            expected: Array = project(chain, image[np.newaxis], "pool", number)[0]
            how = f"image {shape}, weight {filters}, map {number}"
            same(how, project_unit(image, weight, bias, number), expected)


IDEAS = (
    Idea(
        "the largest value returns to its pixel",
        by_hand,
        (
            "The filter copies. So the map is the image, and its largest value is 9.",
            "Go up in three steps and keep all three arrays; then walk back from the last one.",
            "Everything that is not the largest value of its window is 0 on the way down.",
        ),
    ),
    Idea(
        "only the strongest unit is carried down",
        one_unit,
        (
            "There are four pooled values. How many of them should come down?",
            "Make an array of zeros, and copy only the largest pooled value into it.",
        ),
    ),
    Idea(
        "the switch says where in the window it came from",
        switched,
        (
            "Pooling forgets where the largest value was, unless you keep it.",
            "window.argmax() counts 0, 1 in the upper row and 2, 3 in the lower one.",
            "row = 2 * i + winner // 2, column = 2 * j + winner % 2",
        ),
    ),
    Idea(
        "the filter writes itself, times the activation",
        edge,
        (
            "The unit is 7. It saw nine pixels, each with a weight. What does each get back?",
            "Keep the weights' signs: a projection has negative pixels, too.",
            "pixels[top : top + KH, left : left + KW] += activation * filter",
        ),
    ),
    Idea(
        "the filter is not turned",
        not_turned,
        (
            "Each pixel is multiplied by the same weight on the way down as on the way up.",
            "No [::-1, ::-1], neither up nor down.",
        ),
    ),
    Idea(
        "the bias counts on the way up, and not on the way down",
        biased,
        (
            "The bias has a part in the activation. Is a pixel responsible for it?",
            "Down, nothing is added: zeros stay zeros.",
        ),
    ),
    Idea(
        "the other maps stay silent",
        other_maps,
        (
            "Which filter writes if map 1 is asked for?",
            "weight[:, :, :, feature_map], and the strongest unit of that map alone.",
        ),
    ),
    Idea(
        "a silent map projects to nothing",
        silent,
        (
            "The rectifier made all values 0. What is 0 times a filter?",
            "Rectify before you look for the strongest unit.",
        ),
    ),
    Idea(
        "of equal values the first counts",
        ties,
        ("`argmax` returns the first of equal values.", "Do you test with >=, or write to all equal places?"),
    ),
    Idea(
        "what windows do not fill is left out",
        leftovers,
        ("Five rows hold two windows of two.", "Rows and columns from 2 * (size // 2) on are not pooled."),
    ),
    Idea(
        "it agrees with npdeconv",
        like_the_package,
        ("Look at the shapes in the message.", "Do all channels of the filter write to their channels?"),
    ),
)
