"""What stands around the layers, with the faults of published tools: ranking, display, training, seeds."""

from collections.abc import Mapping, Sequence

import numpy as np

from npdeconv._types import Array, Generator, Gradients
from npdeconv.layers import Sequential
from npdeconv.optimizers import Adam
from npdeconv.visualize import find_strongest


class ForgetfulAdam(Adam):
    """Adam that begins anew with every batch.

    The running means are copied, updated and thrown away (raskr/rust-autograd, issue 16), or the
    optimizer is made inside the loop over batches. Each step is then the learning rate times the
    gradient's sign: large and small gradients move alike, and noise is never averaged out.
    """

    def update(self, parameters: Mapping[str, Array], gradients: Gradients) -> None:
        """Take a first step."""
        self.steps = 0
        self.state.clear()
        super().update(parameters, gradients)


def by_maximum(network: Sequential, images: Array, layer: str, *, k: int) -> Array:
    """Return the images whose strongest unit of each map is strongest, (F, k), as the paper ranks them."""
    return find_strongest(network, images, [layer], k=k)[layer].image_indices


def by_mean(network: Sequential, images: Array, layer: str, *, k: int) -> Array:
    """Images are ranked by the mean of a map instead of its maximum.

    A mean is one call shorter, and finds the images with most ink: a map that fires a little
    everywhere beats one that has found its feature once. Figure 2 of the paper shows the strongest
    single activations.
    """
    return find_strongest(network, images, [layer], k=k, by="mean")[layer].image_indices


def stretched(pixels: Array) -> Array:
    """A projection is shown from its minimum (black) to its maximum (white).

    Zero then has another gray in every picture: what speaks for and what speaks against can't be told
    apart, and a projection a thousand times weaker looks the same. A constant one divides by zero
    (jacobgil/pytorch-grad-cam, issue 214; raghakot/keras-vis, issue 35).
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((pixels - pixels.min()) / (pixels.max() - pixels.min()))


def one_after_another(rng: Generator, layer_count: int) -> Sequence[Generator]:
    """Return the source of each layer's initial weights: the same generator, which goes on."""
    return [rng] * layer_count


def seeded_alike(rng: Generator, layer_count: int) -> Sequence[Generator]:
    """Every layer's weights are drawn by a generator with the same seed.

    For the sake of reproducible results, each layer makes its own generator from the one seed
    (netket, issue 241). Layers of one shape are then equal, and others begin with equal numbers.
    """
    return [np.random.default_rng(0) for _ in range(layer_count)]
