"""What relevance is measured by: one unit of each image, and what many changed images do to it."""

from collections.abc import Sequence

import numpy as np

from npdeconv._checks import describe, image_batch
from npdeconv._types import Array
from npdeconv.anatomy.maps import as_maps, chosen_maps, map_shape
from npdeconv.anatomy.roles import answers, logits_layer, two_classes
from npdeconv.data import as_input
from npdeconv.fast import Plan
from npdeconv.finite import must_be_finite
from npdeconv.layers import Sequential
from npdeconv.layers.softmax import softmax
from npdeconv.parallel import shards

SHARD = 16  # changed images that pass at once


class Asked:
    """The unit of each image that is asked: the strongest of its map in the unchanged image.

    Parameters
    ----------
    network : Sequential
    images : (N, H, W, C)
    layer : str
    feature_map : int or sequence of N ints
    who : str
        The function to name in errors.
    """

    def __init__(
        self,
        network: Sequential,
        images: Array,
        layer: str,
        feature_map: int | Sequence[int] | Array,
        *,
        who: str,
    ) -> None:
        image_batch(images, who)
        network = two_classes(network)
        shape = map_shape(network, layer, images.shape[1:])
        self.images = as_input(images, network.dtype)
        self.feature_maps = chosen_maps(feature_map, len(images), shape, layer=layer, who=who)
        self._plan = Plan(network[:layer])
        self._is_class = layer == logits_layer(network) and shape[:2] == (1, 1) and shape[2] > 1
        self._are_logits = self._is_class and answers(network) != "independent"
        strongest = np.empty((len(images), 2), np.int64)
        self.clean = np.empty(len(images))
        for cut in shards(self.images):
            y = as_maps(self._plan(self.images[cut]))
            must_be_finite(y)
            own = y[np.arange(len(y)), :, :, self.feature_maps[cut]].reshape(len(y), -1)
            strongest[cut] = np.stack(np.divmod(own.argmax(axis=1), shape[1]), axis=1)
            self.clean[cut] = own.max(axis=1)
        self._positions = strongest
        silent = np.flatnonzero(self.clean <= 0)
        if len(silent) and not self._is_class:
            m = self.feature_maps[silent[0]]
            raise ValueError(
                f"{who}: expected units that fire on their images, map {m} of layer {layer!r} is silent on"
                f" image {silent[0]}"
            )

    def activation(self, changed: Array, image_index: int) -> Array:
        """Return the activation of an image's unit in changed versions (M, H, W, C) of it: float64 (M,)."""
        return self._ask(changed, image_index, share=False)

    def share(self, changed: Array, image_index: int) -> Array:
        """Return the probability of the class, or the activation as a share of the clean one: (M,)."""
        return self._ask(changed, image_index, share=True)

    def _ask(self, changed: Array, n: int, share: bool) -> Array:
        row, column = self._positions[n]
        m, found = self.feature_maps[n], []
        for first in range(0, len(changed), SHARD):
            y = as_maps(self._plan(changed[first : first + SHARD]))
            must_be_finite(y)
            if share and self._are_logits:
                y = softmax(y[:, 0, 0])[:, np.newaxis, np.newaxis]
            found.append(y[:, row, column, m].astype(np.float64))
        values = np.concatenate(found)
        return values / self.clean[n] if share and not self._is_class else values


def checked_relevance(maps: Array, images: Array, who: str) -> Array:
    """Return maps of relevance after checking that they are (N, H, W), or (N, H, W, C) as the images."""
    if not isinstance(maps, np.ndarray) or maps.dtype.kind not in "fiub":
        raise TypeError(f"{who}: expected maps as an array of numbers, got {describe(maps)}")
    if maps.shape not in (images.shape, images.shape[:3]):
        raise ValueError(
            f"{who}: expected maps of shape {images.shape[:3]} or {images.shape}, got {maps.shape}"
        )
    if maps.dtype.kind == "f" and not np.isfinite(maps).all():
        raise ValueError(f"{who}: expected finite maps, got NaN or infinity")
    return maps


def importance(maps: Array) -> Array:
    """Return one number for each pixel (N, H, W): of maps with channels, the energy, a sum of squares."""
    return maps if maps.ndim == 3 else np.square(maps, dtype=np.float64).sum(axis=3)
