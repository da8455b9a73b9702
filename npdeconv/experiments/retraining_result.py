"""The result of retraining a class: reconstructions, scores, and gains."""

from typing import Literal, NamedTuple, TypeAlias, get_args

import numpy as np

from npdeconv._checks import one_of
from npdeconv._repr import brief
from npdeconv._types import Array
from npdeconv.experiments.intervals import Interval, t_interval

Score: TypeAlias = Literal["words", "corners"]
Seen: TypeAlias = Literal["trained", "held out", "control"]

BEFORE, AFTER = 0, 1
RETRAINED, CONTROL = 0, 1
KNOWN = "photos of the class", "photos of the control", "noise"
"""Reference scores: the mean best score of held-out photos with those trained on, and with the control's,
and the best score of noise with the held-out photos."""


@brief
class Contribution(NamedTuple):
    """How much a score of the retrained class grew, for each of its O images; NaN where no repetition counts.

    Attributes
    ----------
    trained : (O,), mean over the repetitions that trained on the image
    held_out : (O,), mean over those that did not

    Examples
    --------
    >>> trained, held_out = np.array([0.25, np.nan]), np.array([0.125, 0.5])
    >>> gain = nd.experiments.Contribution(trained, held_out)
    >>> (gain.trained - gain.held_out).tolist()
    [0.125, nan]
    """

    trained: Array
    held_out: Array


@brief
class Retraining(NamedTuple):
    """Reconstructions of two classes, before and after each of R trainings, and their similarity to I images.

    Images of the retrained class come first, then those of the control. The first axis of length 2 is
    before and after, the second is the retrained class and the control.

    Attributes
    ----------
    seeds : int (R,), of each repetition
    labels : int (2,), the retrained class, the control
    images : uint8 (I, H, W, C)
    trained : bool (R, I), the images that each repetition trained on
    reconstructions : uint8 (2, 2, R, H, W, C)
    activation : (2, 2, R), of the reconstructed class, for its reconstruction
    probability : (2, 2, R, I), of each class, for each image
    words : (2, 2, R, I), cosine of the bags of visual words, from 0 to 1
    corners : (2, 2, R, I), share of corners that move together, from 0 to 1
    known : (2, 3, R), scores of the `KNOWN` pictures, by words and by corners
    control_images : int, how many of the I images are the control's
    image_bags : (I, K), each image's weighted count of the K visual words, of norm 1, or 0 without any
    bags : (2, 2, R, K), of the reconstructions

    Examples
    --------
    >>> net = nd.experiments.small_network((40, 40, 1), 10, np.random.default_rng(0))
    >>> images = nd.data.plant(nd.data.load_strokes(6)).dataset.images
    >>> few = {"control_label": 8, "seeds": [0, 1], "epochs": 1, "steps": 2, "vocabulary": 4}
    >>> result = nd.experiments.retraining(net, images[:3], label=3, control_images=images[3:], **few)
    >>> result.best("words", "held out").shape, result.contribution("words").trained.shape
    ((2, 2, 2), (3,))
    """

    seeds: Array
    labels: Array
    images: Array
    trained: Array
    reconstructions: Array
    activation: Array
    probability: Array
    words: Array
    corners: Array
    known: Array
    control_images: int
    image_bags: Array
    bags: Array

    def closest(self, repetition: int) -> Array:
        """Return which image of the retrained class is closest to its reconstruction by words: int (2,).

        Before and after; the first of equally close ones.
        """
        own = self.trained.shape[1] - self.control_images
        return np.asarray(self.words[:, RETRAINED, repetition, :own].argmax(axis=1))

    def best(self, score: Score, seen: Seen) -> Array:
        """Return each reconstruction's best score (2, 2, R) over the images it is compared with.

        `seen` names the images, the same for both classes: those of the retrained class that were
        trained on or held out, or those of the control.
        """
        one_of(score, get_args(Score), "Retraining", "score")
        values: Array = getattr(self, score)
        chosen = self._chosen(seen)
        return np.where(chosen, values, -np.inf).max(axis=3)

    def gain(self, score: Score, seen: Seen) -> Array:
        """Return the growth of the best score of each class in each repetition, (2, R)."""
        best = self.best(score, seen)
        return best[AFTER] - best[BEFORE]

    def effect(self, score: Score) -> Interval:
        """Return the gain of the retrained class minus that of the control.

        The retrained class is compared with its held-out images, the control with its own. Mean over
        the repetitions, and 95 % interval by Student's t.
        """
        gain = self.gain(score, "held out")[RETRAINED] - self.gain(score, "control")[CONTROL]
        return t_interval(gain)

    def contribution(self, score: Score) -> Contribution:
        """Return how much closer the retrained class came to each of its images."""
        values: Array = getattr(self, score)
        own = self.trained.shape[1] - self.control_images
        grown = (values[AFTER] - values[BEFORE])[RETRAINED, :, :own]
        trained = self.trained[:, :own]
        return Contribution(_mean_where(grown, trained), _mean_where(grown, ~trained))

    def _chosen(self, seen: Seen) -> Array:
        one_of(seen, get_args(Seen), "Retraining", "seen")
        is_control = np.arange(self.trained.shape[1]) >= self.trained.shape[1] - self.control_images
        chosen = {"trained": self.trained, "held out": ~self.trained & ~is_control}
        return chosen.get(seen, np.broadcast_to(is_control, self.trained.shape))


def _mean_where(values: Array, chosen: Array) -> Array:
    """Return the mean of the chosen values over the first axis, NaN where none is chosen."""
    counts = chosen.sum(axis=0)
    sums = np.where(chosen, values, 0).sum(axis=0)
    return np.divide(sums, counts, out=np.full(len(counts), np.nan), where=counts > 0)
