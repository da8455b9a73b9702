"""The checks of exercise 7.3: each asks about one fault that published deconvnets had."""

import numpy as np

from npdeconv import plain
from npdeconv._types import Array, Shape
from npdeconv.learn.compare import Call, same
from npdeconv.learn.exercise import Idea

FUNCTIONS = ("project",)

COPY = np.ones((1, 1, 1, 1))
NONE = np.zeros(1)


def by_hand(project: Call) -> str:
    """Project a bright pixel through a filter that looks the same from all sides."""
    image = np.zeros((4, 4, 1))
    image[1, 1], image[2, 2] = 3, 1
    cross = np.array([[0, 1, 0], [1, 2, 1], [0, 1, 0]], float)[:, :, np.newaxis, np.newaxis]
    expected = np.zeros((4, 4, 1))
    expected[:3, :3] = 6 * cross[..., 0]
    return same("a 3 at row 1 and column 1, a 1 at row 2 and column 2, and a cross for a filter",
                project(image, [cross], [NONE], 0), expected)  # fmt: skip


def alone(project: Call) -> None:
    """Project one of several bright pixels, by the first of two maps."""
    image = np.zeros((4, 4, 1))
    image[0, 0], image[0, 2], image[2, 0] = 5, 4, 3
    expected = np.zeros((4, 4, 1))
    expected[0, 0] = 5
    what = "three bright pixels, 5, 4 and 3, and a filter that copies"
    same(what, project(image, [COPY], [NONE], 0), expected)
    both = np.concatenate([COPY, 2 * COPY], axis=3)
    same(f"{what}; map 0, beside a map 1 of twice that", project(image, [both], [np.zeros(2)], 0), expected)


def no_bias(project: Call) -> None:
    """Project through a bias."""
    image = np.zeros((4, 4, 1))
    image[0, 0] = 5
    for bias, activation in ((2.0, 7), (-3.0, 2)):
        same(f"one pixel of 5, a filter that copies, bias {bias:g}",
             project(image, [COPY], [np.array([bias])], 0), activation / 5 * image)  # fmt: skip


def switches(project: Call) -> None:
    """Project pixels that won at each place of a window."""
    for row, column in np.ndindex(2, 2):
        image = np.zeros((4, 4, 1))
        image[2 + row, column] = 5
        same(f"one bright pixel in row {2 + row}, column {column}", project(image, [COPY], [NONE], 0), image)


def not_turned(project: Call) -> None:
    """Project through a filter that looks different from each side."""
    weight = np.arange(1.0, 10).reshape(3, 3, 1, 1)
    expected = np.zeros((4, 4, 1))
    expected[:3, :3] = 285 * weight[..., 0]
    image = expected / 285
    same("an image of the filter 1 to 9", project(image, [weight], [NONE], 0), expected)


def rectified(project: Call) -> None:
    """Send a negative value down through a place that was positive on the way up; pixels may be negative."""
    image, second = np.zeros((6, 6, 1)), np.array([[3.0, -1.0], [0.0, 0.0]]).reshape(2, 2, 1, 1)
    image[0, 0], image[0, 2] = 2, 1
    expected = np.zeros((6, 6, 1))
    expected[0, 0] = 3 * (3 * 2 - 1)
    same("pixels 2 and 1; the unit above adds 3 times the one and -1 times the other",
         project(image, [COPY, second], [NONE, NONE], 0), expected)  # fmt: skip
    edge, wider = np.array([1.0, -1.0]).reshape(1, 2, 1, 1), ((0, 0), (0, 1), (0, 0))
    expected[0, 1] = -expected[0, 0]
    same("the same, where the filter below is [1, -1], and the image is wider",
         project(np.pad(image, wider), [edge, second], [NONE, NONE], 0), np.pad(expected, wider))  # fmt: skip


def not_gated(project: Call) -> None:
    """Send a positive value down to a place that was not positive on the way up."""
    image, second = np.zeros((6, 6, 1)), np.array([[3.0, 2.0], [0.0, 0.0]]).reshape(2, 2, 1, 1)
    image[0, 0] = 2
    expected = np.zeros((6, 6, 1))
    expected[0, 0], expected[0, 2] = 3 * 6, 2 * 6
    same("a pixel 2, the others 0; the unit above adds 3 times the one and 2 times its neighbor",
         project(image, [COPY, second], [NONE, NONE], 0), expected)  # fmt: skip


def overlaps(project: Call) -> None:
    """Let two values write onto the same pixels."""
    image, first = np.ones((8, 8, 1)), np.ones((3, 3, 1, 1))
    second = np.ones((2, 2, 1, 1))
    same("a white image of 8x8, filters of ones", project(image, [first, second], [NONE, NONE], 0),
         _expected(image, [first, second], [NONE, NONE], 0))  # fmt: skip


def many_maps(project: Call) -> None:
    """Ask for the maps of a stage with channels and filters."""
    for number in range(3):
        _compare(project, (6, 7, 2), ((3, 2, 2, 3),), number)


def silent(project: Call) -> None:
    """Ask for a map that is nowhere positive."""
    same("a filter of -1", project(np.ones((4, 4, 1)), [-COPY], [NONE], 0), np.zeros((4, 4, 1)))


def like_the_package(project: Call) -> None:
    """Compare with npdeconv, on random stages."""
    _compare(project, (11, 9, 1), ((2, 2, 1, 3), (3, 2, 3, 2)), 1)
    _compare(project, (10, 12, 3), ((3, 3, 3, 4), (2, 3, 4, 3)), 2)


def _compare(project: Call, shape: Shape, filters: tuple[Shape, ...], number: int) -> None:
    rng = np.random.default_rng(sum(shape) + number)
    image = rng.integers(0, 8, shape).astype(float)
    weights = [rng.integers(-3, 4, one).astype(float) for one in filters]
    biases = [rng.integers(-2, 3, one[3]).astype(float) for one in filters]
    result, expected = project(image, weights, biases, number), _expected(image, weights, biases, number)
    same(f"image {shape}, filters {', '.join(map(str, filters))}, map {number}", result, expected)


def _expected(image: Array, weights: list[Array], biases: list[Array], number: int) -> Array:
    chain: dict[str, object] = {}
    for stage, (weight, bias) in enumerate(zip(weights, biases, strict=True), 1):
        chain |= {f"conv{stage}": plain.Conv(weight, bias), f"relu{stage}": plain.ReLU()}
        chain[f"pool{stage}"] = plain.MaxPool()
    pixels: Array = plain.project(chain, image[np.newaxis], f"pool{len(weights)}", number)[0]
    return pixels


IDEAS = (
    Idea(
        "a unit writes its filter, times its activation",
        by_hand,
        (
            "Follow the largest value up: 6 = 2 * 3. Then follow it down, line by line.",
            "The loops at the end add (+=) filter times value, at the place that the value came from.",
        ),
    ),
    Idea(
        "one unit is carried down, all others are 0",
        alone,
        (
            "Print y before the way down: how many numbers are not 0?",
            "Only y[place] of the asked map is kept.",
        ),
    ),
    Idea(
        "no bias is added on the way down",
        no_bias,
        (
            "The bias has its part in the activation. No pixel is responsible for it.",
            "On the way down, zeros stay zeros. Is anything added to them?",
        ),
    ),
    Idea(
        "the switches say where a value returns",
        switches,
        (
            "Put one bright pixel at each place of a window, and see where it returns.",
            "winners counts 0, 1 in the upper row of the window and 2, 3 in the lower one.",
            "divmod(winner, 2) is the row and the column in the window.",
        ),
    ),
    Idea(
        "a filter is written as it was read, not turned",
        not_turned,
        (
            "A filter that looks the same from all sides hides this fault. Try 1 to 9.",
            "A pixel gets the weight by which it was multiplied. Look for [::-1].",
        ),
    ),
    Idea(
        "what comes down is rectified",
        rectified,
        (
            "Build two stages with a negative weight above. Where should the negative value stop?",
            "The deconvnet passes what is positive *on the way down*. What does this program look at?",
            "passed = np.maximum(unpooled, 0), at each rectifier; the pixels may become negative.",
        ),
    ),
    Idea(
        "the signs of the way up stop nothing",
        not_gated,
        (
            "A positive value comes down to a place that was 0 on the way up. Does it pass?",
            "With a gate of the way up, too, this would be guided backpropagation, and no deconvnet.",
            "The way down through the rectifier must not look at `convolved`.",
        ),
    ),
    Idea(
        "overlapping filters add up",
        overlaps,
        ("Two values write onto one pixel. Which one stays?", "Both: += in place of =."),
    ),
    Idea(
        "each map has its own filter and its own switches",
        many_maps,
        ("Look at the map in the message.", "Is any index of a filter fixed to 0?"),
    ),
    Idea(
        "a silent map projects to nothing",
        silent,
        ("All values of the map are 0 after the rectifier.", "0 times a filter is 0."),
    ),
    Idea(
        "it agrees with npdeconv",
        like_the_package,
        (
            "All single faults are excluded by now.",
            "Look at the shapes: odd sizes leave rows that no window fills.",
        ),
    ),
)
