"""The checks of exercise 7.1."""

import numpy as np

from npdeconv._types import Array
from npdeconv.layers import Conv2D, Flatten, ReLU, Sequential
from npdeconv.layers.dense import Dense
from npdeconv.layers.softmax import softmax
from npdeconv.learn.compare import Call, numbers, same
from npdeconv.learn.exercise import Idea, Wrong
from npdeconv.visualize import occlude

FUNCTIONS = ("occlusion_map",)

NINE = np.arange(1.0, 10).reshape(3, 3, 1)


def total(picture: Array) -> float:
    """Return the sum of all pixels."""
    return float(np.sum(picture))


def by_hand(occlusion_map: Call) -> str:
    """Hide four of nine pixels."""
    scores = numbers("the result", occlusion_map(total, NINE, 2, 1, 0.0))
    if scores.shape != (2, 2):
        raise Wrong(f"a box of 2x2 in 3x3 pixels: expected 2x2 places, yours {scores.shape}", INSIDE)
    return same("the sum of 1 to 9 in 3x3 pixels, with 2x2 of them hidden", scores, [[33, 29], [21, 17]])


def filled(occlusion_map: Call) -> str:
    """Hide them with a 10."""
    scores = occlusion_map(total, NINE, 2, 1, 10.0)
    return same("the same, where the box shows 10", scores, [[73, 69], [61, 57]])


def asked_with_a_picture(occlusion_map: Call) -> None:
    """Look at what the score is asked with."""

    def look(picture: Array) -> float:
        if np.shape(picture) != (4, 5, 2):
            raise Wrong(f"score must be asked with a picture (4, 5, 2), yours gave {np.shape(picture)}")
        return 1.0

    same("a score that is always 1", occlusion_map(look, np.ones((4, 5, 2)), 2, 1, 0.0), np.ones((3, 4)))


def strided(occlusion_map: Call) -> None:
    """Move the box by two and three pixels, so that the last one ends at the edge."""
    image = 2.0 ** np.arange(28).reshape(7, 4, 1) % 97
    _compare(occlusion_map, image[:6], 2, 2)
    _compare(occlusion_map, image, 1, 3)


def inside(occlusion_map: Call) -> None:
    """Use boxes that do not end at the edge, and one as large as the picture."""
    image = np.arange(35.0).reshape(5, 7, 1)
    _compare(occlusion_map, image, 4, 2)
    _compare(occlusion_map, image[:, :5], 5, 1)


def all_channels(occlusion_map: Call) -> None:
    """Hide colors."""
    image = np.arange(1.0, 28).reshape(3, 3, 3)
    _compare(occlusion_map, image, 2, 1)


def one_pixel(occlusion_map: Call) -> None:
    """Ask a score that reads one pixel."""
    image = np.arange(1.0, 37).reshape(6, 6, 1)
    scores = numbers("scores", occlusion_map(lambda picture: float(picture[2, 4, 0]), image, 3, 1, 0.0))
    expected = np.full((4, 4), 17.0)
    expected[0:3, 2:4] = 0
    same("a score that reads row 2, column 4 only", scores, expected)


def like_the_package(occlusion_map: Call) -> None:
    """Compare with npdeconv on a small network."""
    rng = np.random.default_rng(0)
    network = Sequential(
        {
            "conv": Conv2D(2, 3, 3, rng=rng, dtype=np.float64),
            "relu": ReLU(),
            "flatten": Flatten(),
            "logits": Dense(90, 4, rng=rng, dtype=np.float64),
        },
        input_shape=(8, 7, 2),
        name="small",
    )
    image = rng.random((8, 7, 2))
    expected = occlude(network, image, "relu", label=1, size=3, fill="gray", workers=1).probability
    scores = occlusion_map(
        lambda picture: float(softmax(network(picture[np.newaxis]))[0, 1]), image, 3, 1, 0.5
    )
    same("a network's probability, box 3, stride 1", scores, expected)


def _compare(occlusion_map: Call, image: Array, size: int, stride: int) -> None:
    rows, columns = ((side - size) // stride + 1 for side in image.shape[:2])
    expected = np.full((rows, columns), image.sum())
    for p, q in np.ndindex(rows, columns):
        box = image[p * stride : p * stride + size, q * stride : q * stride + size]
        expected[p, q] += 3 * box.size - box.sum()
    how = f"the sum of pixels {image.shape}, box {size}, stride {stride}"
    same(how, occlusion_map(total, image, size, stride, 3.0), expected)


INSIDE = Idea(
    "a box stands wherever it lies wholly inside the picture, and nowhere else",
    inside,
    (
        "In which rows may a box of 2 begin, if the picture has 3? And a box of 4, if it has 5?",
        "A box that would leave the picture is left out. One as large as the picture fits once.",
        "There are (H - size) // stride + 1 places: range(H - size) alone ends one too early.",
    ),
)
IDEAS = (
    Idea(
        "each number is the score with one box hidden, and only that one",
        by_hand,
        (
            "All pixels add up to 45. The first box hides 1 + 2 + 4 + 5 = 12, the one to its right 16.",
            "Return the score itself, not how much it fell.",
            "Each place starts from a fresh copy of the picture: hidden = image.copy().",
        ),
    ),
    Idea(
        "the box shows the fill",
        filled,
        (
            "Black is one choice of many. Did you write 0, or multiply by 0?",
            "hidden[top : top + size, left : left + size] = fill",
        ),
    ),
    Idea(
        "the score is asked with one picture (H, W, C)",
        asked_with_a_picture,
        (
            "The score gets the whole picture, not the box, and not a batch.",
            "scores[p, q] = score(hidden), where hidden has the shape of image.",
        ),
    ),
    Idea(
        "the stride is the distance between places",
        strided,
        (
            "Where does the second box begin if the stride is 2?",
            "Its first row is p * stride; it still reaches `size` rows down.",
            "There are (H - size) // stride + 1 places.",
        ),
    ),
    INSIDE,
    Idea(
        "all channels are hidden",
        all_channels,
        ("Is one color still seen through the box?", "hidden[rows, columns] = fill, without a third index."),
    ),
    Idea(
        "only boxes over a pixel change what reads this pixel",
        one_pixel,
        (
            "A pixel in row 2 is hidden by boxes that begin in rows 0, 1 and 2, if the box is 3 high.",
            "Are rows and columns exchanged?",
        ),
    ),
    Idea(
        "it agrees with npdeconv",
        like_the_package,
        ("Look at the first place that differs.", "Does the picture change between two places?"),
    ),
)
