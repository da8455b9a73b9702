"""The shortest vector that fulfills linear inequalities and stays between bounds."""

import numpy as np
from scipy.optimize import nnls

from npdeconv._types import Array


def least_change(slopes: Array, needed: Array, *, low: Array, high: Array) -> Array:
    """Return the shortest `d` with ``slopes @ d >= needed`` and ``low <= d <= high``.

    Parameters
    ----------
    slopes : float64 (R, D)
    needed : float64 (R,)
    low, high : float64 (D,)
        At most 0, and at least 0.

    Returns
    -------
    float64 (D,)
        If no vector between the bounds fulfills all inequalities, one at the bounds that comes far.

    Notes
    -----
    Without bounds, this is Lawson & Hanson's least distance programming (1974, chapter 23) by
    non-negative least squares. Numbers that leave the bounds are then held there, and the others solved
    for again. With one inequality this is exact: as the others move further, those held would, too.
    """
    change, held = np.zeros(slopes.shape[1]), np.zeros(slopes.shape[1], bool)
    while True:
        free = _shortest(slopes[:, ~held], needed - slopes[:, held] @ change[held])
        if free is None:
            return change
        moved = change.copy()
        moved[~held] = free
        change = np.clip(moved, low, high)
        outside = (moved < low) | (moved > high)
        if not outside.any():
            return change
        held |= outside


def _shortest(slopes: Array, needed: Array) -> Array | None:
    """Return the shortest vector with slopes @ vector >= needed; None if there is none."""
    if (needed <= 0).all():
        return np.zeros(slopes.shape[1])
    sizes = np.linalg.norm(slopes, axis=1)
    if not (sizes > 0).all():
        return None
    rows, distances = slopes / sizes[:, np.newaxis], needed / sizes
    longest = np.abs(distances).max()
    system = np.concatenate([rows.T, distances[np.newaxis] / longest])
    wanted = np.zeros(len(system))
    wanted[-1] = 1
    weights, _ = nnls(system, wanted)
    rest = system @ weights - wanted
    return None if rest[-1] > -1e-12 else -longest * rest[:-1] / rest[-1]
