"""How well does a projection predict what hiding parts of the image does?"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from npdeconv._types import Array
from npdeconv.visualize.occluder import OccluderGrid

RESOLUTION = 1e-5  # smaller differences may be float32's rounding


def energy_under(projection: Array, grid: OccluderGrid) -> Array:
    """Return the sum of a projection's (H, W, C) squares under the occluder, (P, Q)."""
    return sum_under(np.square(projection, dtype=np.float64).sum(axis=2), grid)


def sum_under(values: Array, grid: OccluderGrid) -> Array:
    """Return the sum of some pixels' values (H, W) under the occluder, (P, Q)."""
    (height, width), rows, columns = grid
    # Differences of running sums would not be exactly 0 where all pixels are 0.
    strips = sliding_window_view(values, height, axis=0)[rows].sum(axis=-1)  # (P, W)
    return sliding_window_view(strips, width, axis=1)[:, columns].sum(axis=-1)


def rank_agreement(energy: Array, activity: Array, clean_activity: float) -> float:
    """Return how well a projection's energy predicts the drop in activity, from -1 to 1.

    This is Spearman's rank correlation, over all places, of the energy under the occluder and
    the drop ``clean_activity - activity``. At 1, the activity falls as more energy is hidden; at 0, the
    two are unrelated; below 0, hiding energy raises the activity. Drops that differ by less than 1e-5
    of the clean activity count as equal, and so do energies that differ by less than 1e-5 of the largest.

    It compares ranks, so it is no share of explained variance. Neighboring places overlap, so it
    says nothing about significance. The occluder itself may excite the map, which no projection of
    the unchanged image can predict.

    Parameters
    ----------
    energy, activity : (P, Q)
    clean_activity : float

    Returns
    -------
    float
        0 where the energy or the drop is the same at all places: there is no order to predict.
    """
    # SciPy's statistics take as long to import as the rest of the package.
    from scipy.stats import spearmanr

    energies = _in_steps(energy, float(np.abs(energy).max()))
    drops = _in_steps(clean_activity - activity, clean_activity)
    if not np.ptp(energies) or not np.ptp(drops):
        return 0.0
    return float(spearmanr(energies, drops).statistic)


def _in_steps(values: Array, scale: float) -> Array:
    """Round to multiples of RESOLUTION * scale, so that rounding does not break ties."""
    return np.round(values.ravel() / (RESOLUTION * (scale or 1.0)))
