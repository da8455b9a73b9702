"""The result of randomizing a network: similarities, their intervals, and a sentence for each method."""

from typing import Literal, NamedTuple, TypeAlias, get_args

import numpy as np

from npdeconv._checks import one_of
from npdeconv._repr import brief
from npdeconv._types import Array
from npdeconv.experiments.intervals import Interval, t_interval

Measure: TypeAlias = Literal["rank", "rank_absolute", "ssim", "hog"]
MEASURES = get_args(Measure)
UNRELATED = "another image", "another map"
"""What the maps of the network as it is are compared with, to know what unrelated maps score."""
UNCHANGED = 0.99  # a map as alike as this after every randomization does not depend on the weights


@brief
class Randomization(NamedTuple):
    """How alike maps are before and after randomizing, for S seeds, R methods, L layers and N images.

    Similarities are NaN where a map is blank: its unit is silent. The last axis is that of
    `npdeconv.visualize.MapSimilarity`: rank, rank_absolute, ssim, hog.

    Attributes
    ----------
    order : str, "cascading" or "independent"
    layer : str, the explained one
    feature_maps : int (N,), the explained map of each image
    explained : str, "original" or "predicted": what is explained after randomizing
    layers : tuple[str, ...], the randomized ones, from the explained one down
    methods : tuple[str, ...]
    seeds : int (S,)
    similarity : (S, R, L, N, 4), to the map of the network as it is
    unrelated : (R, 2, N, 4), of the network as it is, to the map of another image, and of another map

    Examples
    --------
    >>> net, images = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(2).images
    >>> few = {"layers": ["conv4"], "methods": ["deconv", "image"], "seeds": [0, 1]}
    >>> result = nd.experiments.randomization(net, images, "relu4", **few)
    >>> result.sentences()[1]
    'image: its similarity stays 1.00 whatever is randomized: it says nothing about the weights'
    """

    order: str
    layer: str
    feature_maps: Array
    explained: str
    layers: tuple[str, ...]
    methods: tuple[str, ...]
    seeds: Array
    similarity: Array
    unrelated: Array

    def interval(self, measure: Measure = "rank") -> Interval:
        """Return the mean similarity over images, and its interval over seeds: arrays (R, L).

        Silent units do not count. A mean is NaN if all units are silent, and an interval if fewer than
        two seeds have one that is not.
        """
        return interval_of(self._one(self.similarity, measure))

    def silent(self) -> Array:
        """Return how many of the S * N maps of each method and layer have nothing to compare, int (R, L)."""
        counts: Array = np.isnan(self.similarity[..., 0]).sum(axis=(0, 3))
        return counts

    def calibration(self, measure: Measure = "rank") -> Array:
        """Return what unrelated maps score, the mean over images: (R, 2) in the order of `UNRELATED`."""
        return mean_of(self._one(self.unrelated, measure), axis=2)

    def sentences(self, measure: Measure = "rank") -> tuple[str, ...]:
        """Return what the numbers mean, a sentence for each method."""
        return tuple(self._sentence(number, measure) for number in range(len(self.methods)))

    def _sentence(self, number: int, measure: Measure) -> str:
        name, found = self.methods[number], self.interval(measure)
        mean, low, high = (part[number] for part in found)
        if np.isnan(mean).all():
            return f"{name}: every unit is silent after randomizing, so there is nothing to compare"
        if np.nanmin(mean) >= UNCHANGED:
            stays = f"its similarity stays {np.nanmin(mean):.2f} whatever is randomized"
            return f"{name}: {stays}: it says nothing about the weights"
        place = int(np.flatnonzero(np.isfinite(mean))[0])
        spans = [f"{mean[one]:.2f} ({low[one]:.2f} to {high[one]:.2f})" for one in range(len(mean))]
        score = f"{name}: {spans[place]} with new weights in {self.layers[place]}"
        image, other = self.calibration(measure)[number]
        if low[place] > other:
            told = f"more than another map of the image ({other:.2f}): it is not from these weights"
        elif low[place] > image:
            told = f"more than maps of other images ({image:.2f}): part of it is from elsewhere"
        elif high[place] <= max(image, np.nan_to_num(other, nan=image)):
            told = f"no more than unrelated maps ({image:.2f}): it depends on these weights"
        else:
            told = f"maps of other images {image:.2f}: these seeds can't tell them apart"
        is_deeper = self.order == "cascading" and len(self.layers) > 1
        return f"{score}, {told}" + (f"; down to {self.layers[-1]}, {spans[-1]}" if is_deeper else "")

    def _one(self, similarity: Array, measure: Measure) -> Array:
        one_of(measure, MEASURES, "Randomization", "measure")
        return similarity[..., MEASURES.index(measure)]


def interval_of(similarity: Array) -> Interval:
    """Return the mean over images, the last axis, and its interval over seeds, the first; NaN is left out."""
    means = mean_of(similarity, axis=-1)
    found = np.full((3, *means.shape[1:]), np.nan)
    for place in np.ndindex(means.shape[1:]):
        finite = means[(slice(None), *place)]
        finite = finite[np.isfinite(finite)]
        if len(finite):
            found[(0, *place)] = finite.mean()
        if len(finite) > 1:
            found[(slice(None), *place)] = t_interval(finite)
    return Interval(*found)


def mean_of(values: Array, axis: int) -> Array:
    """Return the mean of what is not NaN; NaN where nothing is."""
    finite = np.isfinite(values)
    counts = finite.sum(axis=axis)
    sums = np.where(finite, values, 0).sum(axis=axis)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
