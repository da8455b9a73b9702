"""From a data set to a network's input: batches of indices, and pixels as numbers."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from npdeconv._checks import describe, positive_int
from npdeconv._types import Array, Generator


def batch_indices(count: int, batch_size: int, rng: Generator | None = None) -> Iterator[Array]:
    """Cut the indices 0 to `count` - 1 into batches; the last one may be smaller.

    Parameters
    ----------
    count, batch_size : int
        The number of indices, and of those in a batch.
    rng : numpy.random.Generator, optional
        Shuffles the indices first; without it they stay in order.

    Yields
    ------
    int64 array (N,)
        Each index occurs once.

    Examples
    --------
    >>> [batch.tolist() for batch in nd.data.batch_indices(5, 2)]
    [[0, 1], [2, 3], [4]]
    """
    size = positive_int(batch_size, "batch_indices", "batch_size")
    indices = np.arange(count) if rng is None else rng.permutation(count)
    for start in range(0, count, size):
        yield indices[start : start + size]


def as_input(images: Array, dtype: DTypeLike = np.float32) -> Array:
    """Turn images into a network's input.

    Parameters
    ----------
    images : array (N, H, W, C)
        Pixels of dtype uint8, which are divided by 255, or floating numbers that are already
        preprocessed, of which only the dtype changes.
    dtype : floating dtype
        The dtype of the network.

    Returns
    -------
    array (N, H, W, C) of `dtype`
        A new array, unless `images` already has this form.

    Raises
    ------
    TypeError
        If `images` is no array of uint8 or floating numbers, or `dtype` is not floating.
    ValueError
        If the shape is not (N, H, W, C), or an image holds NaN or infinite values.

    Examples
    --------
    >>> nd.data.as_input(np.array([[0, 51, 255]], np.uint8).reshape(1, 1, 3, 1)).ravel()
    array([0. , 0.2, 1. ], dtype=float32)
    """
    target = np.dtype(dtype)
    if target.kind != "f":
        raise TypeError(f"as_input: expected a floating dtype, got {target}")
    _check_kind(images)
    if images.dtype == np.uint8:
        return np.divide(images, 255, dtype=target)
    with np.errstate(over="ignore"):  # overflow is reported below, with its place
        numbers = images.astype(target, copy=False)
    unusable = np.flatnonzero(~np.isfinite(numbers).all(axis=(1, 2, 3)))
    if unusable.size:
        raise ValueError(
            f"as_input: expected finite {target} pixels, got NaN or infinity in image {unusable[0]}"
        )
    return numbers


def _check_kind(images: Any) -> None:
    if not isinstance(images, np.ndarray):
        raise TypeError(f"as_input: expected an array of images, got {type(images).__name__}")
    if images.dtype != np.uint8 and images.dtype.kind != "f":
        raise TypeError(f"as_input: expected uint8 or floating pixels, got {describe(images)}")
    if images.ndim != 4:
        raise ValueError(f"as_input: expected images of shape (N, H, W, C), got {images.shape}")
