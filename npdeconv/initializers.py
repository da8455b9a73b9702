"""Initial weights: (shape, rng) -> array.

The fan-in of filters (KH, KW, C, F) is KH * KW * C, that of dense weights (D, M) is D; the last
axis always counts the outputs.
"""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike
from scipy.special import ndtr, ndtri

from npdeconv._checks import random_generator
from npdeconv._types import Array, Generator, Shape

DRAWN_AT_ONCE = 2**20


def he_normal(shape: Shape, rng: Generator, dtype: DTypeLike = np.float32) -> Array:
    """Draw from a normal distribution of variance 2 / fan-in.

    He et al., "Delving Deep into Rectifiers" (arXiv:1502.01852), equation 10: keeps the variance
    of the activations through layers that end in a ReLU.

    Examples
    --------
    >>> weights = nd.initializers.he_normal((3, 3, 2, 1000), np.random.default_rng(0))
    >>> weights.dtype, round(float(weights.std()), 2)  # sqrt(2 / 18)
    (dtype('float32'), 0.33)
    """
    fan_in = int(np.prod(shape[:-1]))
    return normal(shape, rng, dtype, deviation=float(np.sqrt(2 / fan_in)))


def glorot_uniform(shape: Shape, rng: Generator, dtype: DTypeLike = np.float32) -> Array:
    """Draw uniformly from +-sqrt(6 / (fan-in + fan-out)), the default of Keras.

    Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural networks"
    (2010), equation 16.

    Examples
    --------
    >>> weights = nd.initializers.glorot_uniform((10, 5), np.random.default_rng(0))
    >>> bool((abs(weights) <= np.sqrt(6 / 15)).all())
    True
    """
    taps = int(np.prod(shape[:-2]))  # 1 for dense weights
    limit = float(np.sqrt(6 / (taps * (shape[-2] + shape[-1]))))
    drawn = random_generator(rng, "initializers").uniform(-limit, limit, shape)
    return drawn.astype(_floating(dtype))


def normal(shape: Shape, rng: Generator, dtype: DTypeLike = np.float32, *, deviation: float = 0.01) -> Array:
    """Draw from a normal distribution of mean 0 and standard deviation `deviation`.

    The default is AlexNet's (Krizhevsky et al., 2012, section 5).

    Examples
    --------
    >>> weights = nd.initializers.normal((100, 100), np.random.default_rng(0))
    >>> round(float(weights.std()), 3)
    0.01
    """
    random_generator(rng, "initializers")
    weights = np.empty(shape, _floating(dtype))
    flat = weights.reshape(-1)
    # Drawn in parts: drawing all at once in float64 takes four times the memory of the weights.
    for first in range(0, flat.size, DRAWN_AT_ONCE):
        part = flat[first : first + DRAWN_AT_ONCE]
        part[...] = deviation * rng.standard_normal(part.size)
    return weights


def truncated_normal(
    shape: Shape, rng: Generator, dtype: DTypeLike = np.float32, *, deviation: float = 0.01
) -> Array:
    """Draw from a normal distribution of mean 0 and standard deviation `deviation`, cut at twice that.

    With the default, these are the weights of Adebayo et al., "Sanity checks for saliency maps"
    (arXiv:1810.03292). The cut makes the standard deviation of what is drawn 0.88 times `deviation`.

    Examples
    --------
    >>> weights = nd.initializers.truncated_normal((100, 100), np.random.default_rng(0))
    >>> round(float(weights.std()), 4), float(abs(weights).max()) <= 0.02
    (0.0088, True)
    """
    drawn = random_generator(rng, "initializers").uniform(ndtr(-2.0), ndtr(2.0), shape)
    return (deviation * ndtri(drawn)).astype(_floating(dtype))


def _floating(dtype: DTypeLike) -> np.dtype[Any]:
    kind = np.dtype(dtype)
    if kind not in (np.float32, np.float64):
        raise TypeError(f"initializers: dtype must be float32 or float64, got {kind}")
    return kind
