"""The losses that training minimizes: of classes, and of pixels."""

import numpy as np

from npdeconv._checks import describe
from npdeconv._types import Array


def softmax_cross_entropy(logits: Array, labels: Array) -> tuple[float, Array]:
    """Return the mean cross-entropy between softmax(logits) and the labels, and its gradient.

    Softmax and logarithm are fused for stability: the logarithm of a probability that rounds to 0 is
    infinite, while logit - log(sum(exp(logits))) is not.

    Parameters
    ----------
    logits : (N, M)
    labels : int (N,)
        Classes from 0 to M - 1.

    Returns
    -------
    loss : float
        In nats.
    dlogits : (N, M)
        (softmax(logits) - one_hot(labels)) / N.

    Raises
    ------
    TypeError, ValueError
        If these are no arrays, or the labels are not one integer per row, from 0 to M - 1.

    Examples
    --------
    >>> loss, dlogits = nd.losses.softmax_cross_entropy(np.log([[1.0, 3.0]]), np.array([1]))
    >>> round(loss, 3), dlogits.round(3)  # -log(3 / 4)
    (0.288, array([[ 0.25, -0.25]]))
    """
    who = "softmax_cross_entropy"
    for name, array in {"logits": logits, "labels": labels}.items():
        if not isinstance(array, np.ndarray):
            raise TypeError(f"{who}: {name} must be an array, got {describe(array)}")
    if logits.ndim != 2 or not len(logits):
        raise ValueError(f"{who}: expected logits of shape (N, M), got {describe(logits)}")
    if not np.issubdtype(labels.dtype, np.integer):
        raise TypeError(f"{who}: expected integer labels, got {describe(labels)}")
    count, classes = logits.shape
    if labels.shape != (count,):
        raise ValueError(f"{who}: expected {count} labels, one per row, got shape {labels.shape}")
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(
            f"{who}: expected labels from 0 to {classes - 1}, got {labels.min()} to {labels.max()}"
        )
    rows = np.arange(count)
    shifted = logits - logits.max(axis=1, keepdims=True)  # exp would overflow otherwise
    exponentials = np.exp(shifted)
    sums = exponentials.sum(axis=1, keepdims=True)
    loss = np.mean(np.log(sums[:, 0], dtype=np.float64) - shifted[rows, labels])
    dlogits = exponentials / sums
    dlogits[rows, labels] -= 1
    dlogits /= count
    return float(loss), dlogits


def sigmoid_cross_entropy(logits: Array, pixels: Array) -> tuple[float, Array]:
    """Return the cross-entropy between sigmoid(logits) and pixels from 0 to 1, and its gradient.

    -t log(p) - (1 - t) log(1 - p) of each pixel t and its probability p, added up over an image. As in
    `softmax_cross_entropy`, the logarithm of a p that rounds to 0 is avoided.

    Parameters
    ----------
    logits, pixels : (N, D)

    Returns
    -------
    loss : float
        Mean over the images, in nats.
    dlogits : (N, D)
        (sigmoid(logits) - pixels) / N.

    Raises
    ------
    TypeError, ValueError
        If these are not two arrays of one shape (N, D), with at least one row.

    Examples
    --------
    >>> loss, dlogits = nd.losses.sigmoid_cross_entropy(np.zeros((1, 2)), np.array([[0.0, 1.0]]))
    >>> round(loss, 4), dlogits.tolist()
    (1.3863, [[0.5, -0.5]])
    """
    who = "sigmoid_cross_entropy"
    for name, array in {"logits": logits, "pixels": pixels}.items():
        if not isinstance(array, np.ndarray):
            raise TypeError(f"{who}: {name} must be an array, got {describe(array)}")
    if logits.ndim != 2 or not len(logits) or logits.shape != pixels.shape:
        raise ValueError(
            f"{who}: expected logits and pixels of one shape (N, D), got {logits.shape} and {pixels.shape}"
        )
    small = np.exp(-np.abs(logits))  # never overflows
    losses = np.maximum(logits, 0) - logits * pixels + np.log1p(small)
    probabilities = np.where(logits < 0, small, 1) / (1 + small)
    loss = losses.sum(dtype=np.float64) / len(logits)
    return float(loss), ((probabilities - pixels) / len(logits)).astype(logits.dtype, copy=False)
