"""The checks of exercise 8.2."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from npdeconv._types import Array
from npdeconv.learn.compare import Call, numbers, parts, same
from npdeconv.learn.exercise import Idea
from npdeconv.plain import Dense, forward

FUNCTIONS = ("unrolled_forward", "reconstruction_loss")

LOG3 = np.log(3)  # the sigmoid of log 3 is 3/4, that of -log 3 is 1/4
X = np.array([[1.0, 0.0, 1.0]])
WEIGHT = np.array([[1.0, 2.0], [5.0, 5.0], [0.0, -4.0]])
MACHINE = "weight [[1, 2], [5, 5], [0, -4]]"


def code(unrolled_forward: Call, _reconstruction_loss: Call) -> str:
    """Compute a code by hand: one machine has no sigmoid on the way up."""
    found = _up_and_down(unrolled_forward, X, [WEIGHT], [[1, 0]], [[0, 0, 0]])[0]
    return same(f"code of one machine, x [1, 0, 1], {MACHINE}, hidden bias [1, 0]", found, [[2, -2]])


def down(unrolled_forward: Call, _reconstruction_loss: Call) -> str:
    """Come down again by hand: one machine has no sigmoid on the way down."""
    found = _up_and_down(unrolled_forward, X, [WEIGHT], [[1, 0]], [[0, 0, 0]])[1]
    return same(f"logits of one machine, from the code [2, -2], {MACHINE}", found, [[-2, 0, 8]])


def visible(unrolled_forward: Call, _reconstruction_loss: Call) -> None:
    """Add visible biases."""
    found = _up_and_down(unrolled_forward, X, [WEIGHT], [[1, 0]], [[10, 20, 30]])[1]
    same("logits from the code [2, -2], visible biases [10, 20, 30]", found, [[8, 20, 38]])


def two_up(unrolled_forward: Call, _reconstruction_loss: Call) -> None:
    """Go up through two machines."""
    weights = [[[LOG3, 0]], [[4], [2]]]
    found = _up_and_down(unrolled_forward, [[1]], weights, [[0, 0], [-10]], [[0], [0, 0]])[0]
    same("code of two machines, from the hidden units [3/4, 1/2]", found, [[-6]])


def two_down(unrolled_forward: Call, _reconstruction_loss: Call) -> None:
    """Come down through two machines."""
    weights = [[[4.0, 2.0]], [[LOG3], [0.0]]]
    found = _up_and_down(unrolled_forward, [[0]], weights, [[0, 0], [1 - LOG3 / 2]], [[-10], [0, LOG3]])
    same("code of two machines, from the hidden units [1/2, 1/2]", found[0], [[1]])
    same("logits of two machines, from units [3/4, 3/4] below the code", found[1], [[-5.5]])


def one_pixel(_unrolled_forward: Call, reconstruction_loss: Call) -> str:
    """Ask for the loss of one pixel by hand, white and black."""
    black = _loss_of(reconstruction_loss, [[LOG3]], [[0]])
    same("loss of logit log 3, pixel 0: -log(1/4)", black, 1.3862944)
    white = _loss_of(reconstruction_loss, [[LOG3]], [[1]])
    return same("loss of logit log 3, pixel 1: -log(3/4)", white, 0.2876821)


def gray(_unrolled_forward: Call, reconstruction_loss: Call) -> None:
    """Ask for the loss of a gray pixel."""
    found = _loss_of(reconstruction_loss, [[LOG3]], [[0.25]])
    same("loss of logit log 3, pixel 1/4", found, 0.25 * 0.2876821 + 0.75 * 1.3862944)


def images(_unrolled_forward: Call, reconstruction_loss: Call) -> None:
    """Ask for the loss of two images of three pixels."""
    logits, x = np.array([[LOG3, LOG3, 0], [LOG3, 0, 0]]), np.array([[1, 0, 1], [1, 1, 0]])
    rows = [0.2876821 + 1.3862944 + 0.6931472, 0.2876821 + 2 * 0.6931472]
    how = f"of two images, whose pixels add up to {np.round(rows, 4).tolist()}"
    same(f"loss {how}", _loss_of(reconstruction_loss, logits, x), np.mean(rows))


def pushes(_unrolled_forward: Call, reconstruction_loss: Call) -> str:
    """Ask for the gradient of one image."""
    found = _gradient_of(reconstruction_loss, [[LOG3, LOG3, 0]], [[1, 0, 0.25]])
    return same("dlogits of logits [log 3, log 3, 0], pixels [1, 0, 1/4]", found, [[-0.25, 0.75, 0.25]])


def shares(_unrolled_forward: Call, reconstruction_loss: Call) -> None:
    """Ask for the gradient of two images."""
    found = _gradient_of(reconstruction_loss, [[LOG3], [0]], [[0], [1]])
    same("dlogits of two images", found, [[0.375], [-0.25]])


def large(_unrolled_forward: Call, reconstruction_loss: Call) -> None:
    """Give logits whose exp overflows, right and wrong."""
    for logit, pixel, loss, push in (
        (1000, 1, 0, 0), (-1000, 0, 0, 0), (1000, 0, 1000, 1), (-1000, 1, 1000, -1), (1000, 0.75, 250, 0.25)
    ):  # fmt: skip
        how = f"of logit {logit}, pixel {pixel:g}"
        same(f"loss {how}", _loss_of(reconstruction_loss, [[logit]], [[pixel]]), loss)
        same(f"dlogits {how}", _gradient_of(reconstruction_loss, [[logit]], [[pixel]]), [[push]])


def differences(_unrolled_forward: Call, reconstruction_loss: Call) -> None:
    """Compare the gradient with central differences of the loss."""
    rng = np.random.default_rng(0)
    logits, x = rng.integers(-8, 9, (3, 4)) / 4.0, rng.integers(0, 5, (3, 4)) / 4.0
    expected, step = np.zeros((3, 4)), 2.0**-6  # so long that the loss may be float32
    for place in np.ndindex(3, 4):
        nudge = np.zeros((3, 4))
        nudge[place] = step
        above, below = (_loss_of(reconstruction_loss, logits + way * nudge, x).item() for way in (1, -1))
        expected[place] = (above - below) / (2 * step)
    found = _gradient_of(reconstruction_loss, logits, x)
    same("dlogits, expected: finite differences of your loss,", found, expected, tolerance=1e-2)


def like_the_package(unrolled_forward: Call, reconstruction_loss: Call) -> None:
    """Compare with npdeconv's layers, and with the definition of the loss, on random arrays."""
    rng = np.random.default_rng(1)
    for count, *sizes in ((1, 1, 1), (5, 6, 4, 2), (3, 4, 4, 4), (2, 7, 5, 3, 2)):
        x = rng.integers(0, 5, (count, sizes[0])) / 4.0
        pairs = list(pairwise(sizes))
        weights, above, below = (
            [rng.integers(-6, 7, shape) / 4.0 for shape in shapes]
            for shapes in (pairs, [(m,) for _, m in pairs], [(d,) for d, _ in pairs])
        )
        ups = {n: Dense(*layer) for n, layer in enumerate(zip(weights, above, strict=True))}
        downs = {n: Dense(w.T, a) for n, (w, a) in enumerate(zip(weights[::-1], below[::-1], strict=True))}
        expected_code = _through(ups, x)
        expected = _through(downs, expected_code)
        found = _up_and_down(unrolled_forward, x, weights, above, below)
        same(f"code of sizes {sizes}", found[0], expected_code)
        same(f"logits of sizes {sizes}", found[1], expected)
        p = _sigmoid(expected)
        loss = -(x * np.log(p) + (1 - x) * np.log(1 - p)).sum() / count
        same(f"loss of logits {expected.shape}", _loss_of(reconstruction_loss, expected, x), loss)
        same(
            f"dlogits of logits {expected.shape}",
            _gradient_of(reconstruction_loss, expected, x),
            (p - x) / count,
        )


def _through(layers: dict[int, Dense], x: Array) -> Array:
    """Return what dense layers make of x, with sigmoids between them."""
    for place, layer in layers.items():
        x = forward({"dense": layer}, _sigmoid(x) if place else x)[0]
    return x


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def _up_and_down(unrolled_forward: Call, x: object, *lists: Sequence[object]) -> tuple[Array, Array]:
    given = [[np.asarray(array, float) for array in one] for one in lists]
    found = parts(unrolled_forward(np.asarray(x, float), *given), "code", "logits")
    return found[0], found[1]


def _loss_of(reconstruction_loss: Call, logits: object, x: object) -> Array:
    pair = reconstruction_loss(np.asarray(logits, float), np.asarray(x, float))
    return numbers("loss", parts(pair, "loss", "dlogits")[0])


def _gradient_of(reconstruction_loss: Call, logits: object, x: object) -> Array:
    pair = reconstruction_loss(np.asarray(logits, float), np.asarray(x, float))
    return numbers("dlogits", parts(pair, "loss", "dlogits")[1])


IDEAS = (
    Idea(
        "the code is linear",
        code,
        (
            "May a number of the code be negative? May it be larger than 1?",
            "[1, 0, 1] @ weight is [1, -2]; with the biases [1, 0] it is [2, -2], and stays so.",
            "code = y @ weights[-1] + hidden_biases[-1], without a sigmoid.",
        ),
    ),
    Idea(
        "the way down has the weights transposed, and ends at logits",
        down,
        (
            "Pixel 2 is connected to the two numbers of the code by 0 and -4. What comes down to it?",
            "2 * 0 + (-2) * (-4) = 8. No sigmoid of it is taken: the loss will need the logit.",
            "logits = code @ weights[0].T + visible_biases[0], if there is one machine.",
        ),
    ),
    Idea(
        "visible biases are added on the way down",
        visible,
        (
            "Each machine has a bias for each of its pixels, too.",
            "y @ weight.T + visible_bias, of the same machine.",
        ),
    ),
    Idea(
        "on the way up, a sigmoid stands between two machines",
        two_up,
        (
            "What does the second machine take for its data?",
            "Hidden units: the probabilities sigmoid([log 3, 0]) = [3/4, 1/2]. Then 4 * 3/4 + 2 * 1/2 - 10.",
            "y = sigmoid(y @ weight + bias) for all machines but the last.",
        ),
    ),
    Idea(
        "on the way down, machines come in reverse, with sigmoids between them",
        two_down,
        (
            "Which machine is the first on the way down? Which biases have as many numbers as its output?",
            "[log 3, 0] + [0, log 3] has the sigmoids [3/4, 3/4]. Then 4 * 3/4 + 2 * 3/4 - 10.",
            "for w, a in zip(weights[:0:-1], visible_biases[:0:-1]): y = sigmoid(y @ w.T + a)",
        ),
    ),
    Idea(
        "the loss of a pixel is -log of the probability of what it is",
        one_pixel,
        (
            "The logit log 3 says: 1 with probability 3/4. What is then the probability of 0?",
            "A pixel of 1 costs -log(3/4), a pixel of 0 costs -log(1/4).",
            "p = sigmoid(logits); -x * log(p) - (1 - x) * log(1 - p)",
        ),
    ),
    Idea(
        "a gray pixel is a little of both",
        gray,
        (
            "The pixel 1/4 counts as 1 with weight 1/4, and as 0 with weight 3/4.",
            "Multiply by x and by 1 - x; round nothing, and ask for no x == 1.",
        ),
    ),
    Idea(
        "pixels are added, images are averaged",
        images,
        (
            "An image of more pixels has a larger loss; more images have not.",
            "Sum over axis 1, mean over axis 0: losses.sum() / N.",
        ),
    ),
    Idea(
        "the gradient is probability minus pixel",
        pushes,
        (
            "A higher logit makes 1 likelier. Does this lower or raise the loss of a pixel that is 1?",
            "Write the loss as log(1 + exp(logit)) - x * logit, and differentiate both.",
            "dlogits is sigmoid(logits) - x, for one image.",
        ),
    ),
    Idea(
        "each of N images has a share of 1 / N in the gradient",
        shares,
        (
            "The loss is a mean over images. What does that do to the gradient of one?",
            "Divide by the number of images, not by that of all pixels.",
        ),
    ),
    Idea(
        "large logits do not overflow, and a sure mistake has its true loss",
        large,
        (
            "What is np.exp(1000)? And log(p), if p rounds to 0? Adding a small number hides the true loss.",
            "-log(p) = log(1 + exp(-logit)), and -log(1 - p) is the same plus the logit.",
            "log(1 + exp(a)) = max(a, 0) + log(1 + exp(-abs(a))), which is np.logaddexp(0, a).",
            "The loss is np.logaddexp(0, logits) - x * logits, and sigmoid(a) is (1 + np.tanh(a / 2)) / 2.",
        ),
    ),
    Idea(
        "the gradient agrees with finite differences of the loss",
        differences,
        (
            "Loss and gradient must speak of the same loss: is one a sum and the other a mean?",
            "Nudge one logit, and see what your loss does.",
        ),
    ),
    Idea(
        "they agree with npdeconv",
        like_the_package,
        (
            "All hand-sized cases hold. Look at the sizes in the message.",
            "Does anything assume one image, or two machines?",
        ),
    ),
)
