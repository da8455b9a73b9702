"""Points of an embedding, moved to the cells of a grid."""

import numpy as np

from npdeconv._checks import describe
from npdeconv._types import Array


def grid_cells(points: Array) -> Array:
    """Give each point a cell of a nearly square grid, so that points move as little as possible.

    The points are scaled to the grid along each axis. Of all ways to give every point a cell of its own,
    the one with the least sum of squared distances is found.

    Parameters
    ----------
    points : (N, 2)
        Such as `Embedding.tsne`: across, and up.

    Returns
    -------
    int (N, 2)
        Row and column of each point's cell. There are ceil(sqrt(N)) columns, and as many rows as are
        needed; a few cells may stay empty.

    Raises
    ------
    ValueError
        For no points, and points that are not finite or not in a plane.

    Examples
    --------
    >>> nd.visualize.grid_cells(np.array([[0.0, 1.0], [9.0, 8.0], [8.0, 0.0], [1.0, 9.0]])).tolist()
    [[1, 0], [0, 1], [1, 1], [0, 0]]
    """
    # SciPy's optimization takes as long to import as the rest of the package.
    from scipy.optimize import linear_sum_assignment

    points = np.asarray(points, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise ValueError(f"grid_cells: expected points of shape (N, 2), got {describe(points)}")
    if not np.isfinite(points).all():
        raise ValueError("grid_cells: expected finite points, got NaN or infinity")
    columns = int(np.ceil(np.sqrt(len(points))))
    rows = -(-len(points) // columns)
    extent = np.ptp(points, axis=0)
    scaled = (points - points.min(axis=0)) / np.where(extent > 0, extent, 1)
    across, up = (scaled * [columns - 1, rows - 1]).T
    wanted = np.stack([rows - 1 - up, across], axis=1)
    cells = np.stack(np.divmod(np.arange(rows * columns), columns), axis=1)
    distances = np.square(wanted[:, np.newaxis] - cells).sum(axis=2)
    return cells[linear_sum_assignment(distances)[1]]
