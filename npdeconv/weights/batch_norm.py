"""Batch normalization, folded into the layer below it."""

import numpy as np

from npdeconv._checks import not_negative
from npdeconv._types import Array


def fold_batch_norm(
    weight: Array,
    bias: Array | None,
    gamma: Array | None,
    beta: Array | None,
    mean: Array,
    variance: Array,
    epsilon: float,
) -> tuple[Array, Array]:
    """Fold a batch normalization into the convolution or dense layer right below it.

    With the mean and variance fixed after training, it is one factor and one shift per channel
    (Ioffe & Szegedy, arXiv:1502.03167, algorithm 2, step 11):

        gamma * (y - mean) / sqrt(variance + epsilon) + beta

    Parameters
    ----------
    weight : (KH, KW, C, F) or (D, F)
    bias : (F,) or None
        None stands for 0; layers below a batch normalization usually have no bias.
    gamma, beta : (F,) or None
        Scale and shift; None stands for 1 and 0.
    mean, variance : (F,)
    epsilon : float
        1e-5 in PyTorch and 1e-3 in Keras and Darknet by default.

    Returns
    -------
    weight, bias : arrays
        Parameters of one layer that equals both, of the shapes of `weight` and (F,). They are float64,
        so that only the conversion to the network's dtype rounds.

    Raises
    ------
    ValueError
        If the shapes do not agree, or the variance is negative or, with `epsilon`, 0.

    Examples
    --------
    >>> weight, mean, variance = np.ones((4, 2)), np.array([0.0, 1.0]), np.array([1.0, 4.0])
    >>> weight, bias = nd.weights.fold_batch_norm(weight, None, None, None, mean, variance, 0.0)
    >>> weight[0], bias
    (array([1. , 0.5]), array([ 0. , -0.5]))
    """
    filters = weight.shape[-1:]
    named = {"bias": bias, "gamma": gamma, "beta": beta, "mean": mean, "variance": variance}
    for name, array in named.items():
        if array is not None and array.shape != filters:
            raise ValueError(f"fold_batch_norm: expected {name} of shape {filters}, got {array.shape}")
    total = variance.astype(np.float64) + not_negative(epsilon, "fold_batch_norm", "epsilon")
    if variance.min(initial=0) < 0 or total.min(initial=np.inf) <= 0:
        raise ValueError(
            f"fold_batch_norm: expected a variance above 0, got {variance.min()} and epsilon {epsilon}"
        )
    factor = (1.0 if gamma is None else gamma) / np.sqrt(total)
    shift = (0.0 if bias is None else bias) - mean.astype(np.float64)
    return weight * factor, shift * factor + (0.0 if beta is None else beta)
