"""How little must change for a network to see something else? The smallest change that reaches a wrong class.

Szegedy et al., arXiv:1312.6199, posed the question; here, as in DeepFool (arXiv:1511.04599), the network is
replaced by its tangent, for which the smallest change is known, again and again.
"""

from typing import NamedTuple

import numpy as np

from npdeconv._checks import describe, not_negative, one_image, positive_int
from npdeconv._repr import brief
from npdeconv._types import Array
from npdeconv.anatomy.maps import descent_start
from npdeconv.anatomy.roles import below_softmax
from npdeconv.data import as_input
from npdeconv.finite import finite_answers
from npdeconv.inference import as_class, predict
from npdeconv.layers import Sequential
from npdeconv.visualize.least_change import least_change

ENOUGH = 1e-3  # share of the margin by which it may be missed, by rounding
BEYOND = 1.02  # how much further than the tangent says to go, since a rectifier may close on the way
CLOSE = 2**-12  # share of a change by which it may be longer than what just reaches the class
SEARCHES = 12  # for that change, at most
SLOWEST = 0.05  # share of the way to the tangent's smallest change below which the search ends


@brief
class Fooling(NamedTuple):
    """An image, changed as little as possible until the network takes it for a class.

    Attributes
    ----------
    label : int, the class to reach
    inputs : (H, W, C), the changed image, from 0 to 1
    change : float64 (H, W, C), signed: the changed image minus the image
    norm : float, of the change: the root of the sum of its squares, where black to white is 1
    reached : bool, the class is the most likely one, by the margin
    before : (K,), probabilities of all classes for the image
    after : (K,), for the changed image
    rounded : (K,), for the changed image as 8-bit pixels, which a small change may not survive

    Examples
    --------
    >>> net, image = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(1).images[0]
    >>> result = nd.visualize.fool(net, image, label="7")
    >>> result.label, result.reached, int(result.after.argmax())
    (7, True, 7)
    """

    label: int
    inputs: Array
    change: Array
    norm: float
    reached: bool
    before: Array
    after: Array
    rounded: Array


@finite_answers
def fool(
    network: Sequential,
    image: Array,
    *,
    label: int | str,
    margin: float = 0.1,
    steps: int = 50,
    rivals: int = 4,
) -> Fooling:
    """Change an image as little as possible until the network takes it for another class.

    The size of a change is its Euclidean norm over all pixels and channels; pixels stay between black
    and white. The logits are replaced by their tangents at the changed image, for which the smallest change
    with which the class's logit exceeds those of its strongest rivals can be computed. Step by step, this
    leads to an image of the class. From there, the search goes towards the smallest change *of the
    original* by the tangents, as far as this makes the change smaller. For a linear network, it finds
    the smallest change there is; for others, a small one.

    Parameters
    ----------
    network : Sequential
        A classifier that takes pixels from 0 to 1, with or without a trailing Softmax.
    image : (H, W, C)
        uint8 pixels, or floats from 0 to 1.
    label : int or str
        The number or name of the class to reach.
    margin : float
        By how much its logit must exceed all others; 0.1 makes it just likelier than the next.
    steps : int
        At most; fewer if the change becomes no smaller.
    rivals : int
        How many of the other likeliest classes each tangent takes into account.

    Returns
    -------
    Fooling

    Raises
    ------
    KeyError, IndexError
        If there is no such class.
    TypeError, ValueError
        For an image that the network can't take, or outside 0 to 1, and settings out of range.

    Examples
    --------
    >>> net, image = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(1).images[0]
    >>> result = nd.visualize.fool(net, image, label=7, margin=1)
    >>> result.reached, result.change.shape, bool(result.norm < np.linalg.norm(image / 255))
    (True, (28, 28, 1), True)
    """
    one_image(image, "fool")
    chain = below_softmax(network)
    x = as_input(image[np.newaxis], chain.dtype)[0]
    if x.min() < 0 or x.max() > 1:
        raise ValueError(f"fool: expected pixels from 0 to 1, got {x.min():.4g} to {x.max():.4g}")
    outputs = chain.output_shape(image.shape)
    if len(outputs) != 1 or outputs[0] < 2:
        raise ValueError(f"fool: expected a network with classes, got outputs of shape {outputs}")
    target = _checked_label(as_class(network, outputs[0], label, "fool"), outputs[0])
    margin = not_negative(margin, "fool", "margin")
    count = min(positive_int(rivals, "fool", "rivals"), outputs[0] - 1)
    change, reached = _search(chain, x, target, margin, positive_int(steps, "fool", "steps"), count)
    inputs = (x + change).astype(x.dtype)
    change = inputs.astype(np.float64) - x
    pixels = np.rint(255 * inputs).astype(np.uint8)
    before, after = predict(network, np.stack([x, inputs]), workers=1)
    (rounded,) = predict(network, pixels[np.newaxis], workers=1)
    return Fooling(target, inputs, change, float(np.linalg.norm(change)), reached, before, after, rounded)


def _checked_label(label: object, count: int) -> int:
    if isinstance(label, bool) or not isinstance(label, int | np.integer):
        raise TypeError(f"fool: label must be an integer or a name, got {describe(label)}")
    if not 0 <= label < count:
        raise IndexError(f"fool: label must be from 0 to {count - 1}, got {label}")
    return int(label)


def _search(
    chain: Sequential, x: Array, target: int, margin: float, steps: int, rivals: int
) -> tuple[Array, bool]:
    """Return the smallest change found (H, W, C), and whether it reaches the class."""
    flat, enough = x.ravel().astype(np.float64), margin * (1 - ENOUGH)
    change, best, rate = np.zeros_like(flat), None, 1.0
    first = _lead(chain, x, change, target)
    for _ in range(steps):
        lead = _lead(chain, x, change, target)
        if lead < enough:  # on to where the tangent says that the class is reached
            leads, slopes = _tangent(chain, x, change, target, rivals)
            needed = BEYOND * (margin - leads)
            change = change + least_change(slopes, needed, low=-flat - change, high=1 - flat - change)
            continue
        shorter = _shortened(chain, x, change, target, enough, first, lead)
        if best is None or _size(shorter) < 0.9999 * _size(best):
            best = shorter
        else:
            rate /= 2  # the tangent holds less far than was moved
        leads, slopes = _tangent(chain, x, best, target, rivals)
        needed = margin - leads + slopes @ best
        move = least_change(slopes, needed, low=-flat, high=1 - flat) - best
        if rate < SLOWEST or _size(move) <= 1e-6 * _size(best):
            break
        change = best + rate * move
    return (change if best is None else best).reshape(x.shape), best is not None


def _shortened(
    chain: Sequential, x: Array, change: Array, target: int, enough: float, first: float, last: float
) -> Array:
    """Return the part of a change that just reaches the class, whose lead goes from `first` to `last`."""
    low, high, below, above = 0.0, 1.0, first - enough, last - enough
    for halving in range(SEARCHES):
        if above <= CLOSE * (above - below) or high - low < CLOSE:
            break
        straight = low + (high - low) * below / (below - above)  # where a straight line would reach it
        part = (low + high) / 2 if halving % 3 == 2 else straight + CLOSE / 2
        lead = _lead(chain, x, part * change, target) - enough
        if lead >= 0:
            high, above = part, lead
        else:
            low, below = part, lead
    return high * change


def _tangent(chain: Sequential, x: Array, change: Array, target: int, rivals: int) -> tuple[Array, Array]:
    """Return the class's lead over its strongest rivals (R,), and the gradients of these leads (R, D)."""
    y, tape = chain.forward(_moved(x, change))
    logits = y[0].astype(np.float64)
    others = np.argsort(-logits, kind="stable")
    others = others[others != target][:rivals]
    own = descent_start(y, target, values=1)
    starts = [own - descent_start(y, rival, values=1) for rival in others]
    slopes = [chain.descend(start, tape, "gradient").ravel() for start in starts]
    return logits[target] - logits[others], np.array(slopes, np.float64)


def _lead(chain: Sequential, x: Array, change: Array, target: int) -> float:
    logits = chain(_moved(x, change))[0].astype(np.float64)
    return float(logits[target] - np.delete(logits, target).max())


def _moved(x: Array, change: Array) -> Array:
    return (x + change.reshape(x.shape)).astype(x.dtype)[np.newaxis]


def _size(change: Array) -> float:
    return float(np.linalg.norm(change))
