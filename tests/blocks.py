"""Pictures with many corners."""

import numpy as np
from scipy.ndimage import gaussian_filter


def blocks(seed, channels=3, size=128):
    """Return an image of bright and dark boxes, a little blurred: uint8 (size, size, channels)."""
    rng = np.random.default_rng(seed)
    image = np.full((size, size), 128.0)
    for _ in range(60):
        top, left = rng.integers(0, size - 20, 2)
        height, width = rng.integers(6, 30, 2)
        image[top : top + height, left : left + width] = rng.integers(0, 256)
    pixels = np.clip(gaussian_filter(image, 0.7), 0, 255).astype(np.uint8)
    return np.repeat(pixels[..., np.newaxis], channels, axis=2)
