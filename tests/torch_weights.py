"""Weights and images for comparing PyTorch's networks with ours, drawn equally on both sides."""

import numpy as np

SEED = 20201120


def draw_parameter(name, shape, number):
    """Draw a parameter in PyTorch's layout, float32; each has a separate generator."""
    rng = np.random.default_rng([SEED, number])
    uniform = rng.random(shape, np.float32) * 2 - 1
    if name.endswith("running_var") or (name.endswith("weight") and len(shape) == 1):  # of a normalization
        return 1 + uniform / 2
    if name.endswith(("bias", "running_mean")):
        return uniform / 10
    return uniform * np.float32(np.sqrt(6 / np.prod(shape[1:])))  # He's: activations keep their size


def draw_image(side):
    """Draw one smooth image (1, side, side, 3), float32 in [-1, 1]."""
    rng = np.random.default_rng(SEED)
    coarse = rng.random((1, -(-side // 8), -(-side // 8), 3), np.float32) * 2 - 1
    fine = rng.random((1, side, side, 3), np.float32)
    return coarse.repeat(8, axis=1).repeat(8, axis=2)[:, :side, :side] + 0.1 * fine


def sample_positions(size):
    """Draw positions in a flattened array."""
    return np.random.default_rng(SEED).integers(0, size, 64)
