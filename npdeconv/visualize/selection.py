"""Which maps to show of a layer that has too many."""

from collections.abc import Sequence

import numpy as np

from npdeconv._checks import positive_int
from npdeconv._types import Array
from npdeconv.visualize.strongest import Strongest

MOST = 64  # maps of a layer in one figure: 8x8 panels are still readable


def most_active(found: Strongest, k: int) -> Array:
    """Return the numbers of the maps with the largest activations, at most `k`, in ascending order.

    The first of equal ones, such as dead maps, are taken.

    Examples
    --------
    >>> net, images = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(20).images
    >>> found = nd.visualize.find_strongest(net, images, ["relu4"], k=1)["relu4"]
    >>> len(nd.visualize.most_active(found, 6))
    6
    """
    positive_int(k, "most_active", "k")
    return np.sort(np.argsort(-found.activations[:, 0], kind="stable")[:k])


def living_maps(found: Strongest, k: int) -> Array:
    """Return the first maps that fire on any image, at most `k`; map 0 if all are dead.

    Raises
    ------
    TypeError, ValueError
        If `k` is no integer of at least 1.

    Examples
    --------
    >>> net, images = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(20).images
    >>> found = nd.visualize.find_strongest(net, images, ["relu4"], k=1)["relu4"]
    >>> bool((found.firing[nd.visualize.living_maps(found, 5)] > 0).all())
    True
    """
    positive_int(k, "living_maps", "k")
    alive = np.flatnonzero(found.firing > 0)
    return alive[:k] if len(alive) else np.arange(min(k, len(found.firing)))


def affordable_maps(counts: Sequence[int], costs: Sequence[int], budget: int) -> int:
    """Return how many maps each layer may show, at most 64, so that all together stay within a budget.

    Parameters
    ----------
    counts : sequence of int
        Maps of each layer; a layer with few maps leaves more of the budget to the others.
    costs : sequence of int
        The cost of one map of each layer, such as the pixels of its pictures.
    budget : int

    Returns
    -------
    int
        At least 1, even over budget.

    Examples
    --------
    >>> nd.visualize.affordable_maps([10, 1000], [1, 5], budget=110)
    20
    """

    def price(most: int) -> int:
        return sum(min(count, most) * cost for count, cost in zip(counts, costs, strict=True))

    return next((most for most in range(MOST, 1, -1) if price(most) <= budget), 1)
