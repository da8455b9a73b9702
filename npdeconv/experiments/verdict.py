"""Is this picture evidence? Two numbers beside it, and a sentence that says what they mean.

A picture is compared with what random values in the other maps draw through the same switches and gates
(`npdeconv.visualize.compare_starts`), and with itself after its own layer got random weights.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from npdeconv._checks import random_generator
from npdeconv._repr import brief
from npdeconv._types import Array, Generator, Rule
from npdeconv.anatomy.maps import descent_start
from npdeconv.anatomy.roles import answer_shape, logits_layer, weights_below
from npdeconv.data import as_input
from npdeconv.experiments.randomization_plan import weights_down
from npdeconv.experiments.randomize import randomize
from npdeconv.finite import finite_answers
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers, map_shards
from npdeconv.visualize import class_activation_maps, compare_starts, rank_similarity
from npdeconv.visualize.projection import Select
from npdeconv.visualize.rules import correlate

ALIKE, PARTLY = 0.7, 0.3
TRIES = 8  # random weights leave a unit silent every second time


@brief
class Verdict(NamedTuple):
    """How much N pictures depend on the unit that they are said to show.

    Attributes
    ----------
    layer : str, whose weights were randomized; "" if there are none
    silent : bool (N,), there is no picture
    to_random : (N,), Pearson's correlation with what random values draw at the same place
    randomized : (N,), Spearman's correlation with the picture by random weights
    fired : bool (N,), whether the unit fired with any random weights; if not, `randomized` is 0

    Examples
    --------
    >>> net, images = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(3).images
    >>> verdict = nd.experiments.judge_projections(net, images, "relu4", 7, rng=np.random.default_rng(0))
    >>> verdict.layer, verdict.to_random.shape
    ('conv4', (3,))
    """

    layer: str
    silent: Array
    to_random: Array
    randomized: Array
    fired: Array

    def numbers(self, place: int) -> str:
        """Return the numbers of one picture as a label.

        Examples
        --------
        >>> some = np.array([False]), np.array([0.9]), np.array([0.1]), np.array([True])
        >>> nd.experiments.Verdict("conv4", *some).numbers(0)
        'random values 0.90, random weights 0.10'
        """
        if self.silent[place]:
            return "no picture to judge"
        weights = f", random weights {self.randomized[place]:.2f}" if self.fired[place] else ""
        return f"random values {self.to_random[place]:.2f}{weights}"

    def median(self) -> str:
        """Return the median numbers of all pictures as a label.

        Examples
        --------
        >>> some = np.array([False, True]), np.array([0.9, 0]), np.array([0.1, 0]), np.array([True, False])
        >>> nd.experiments.Verdict("conv4", *some).median()
        'random values 0.90, random weights 0.10'
        """
        seen, fired = ~self.silent, self.fired & ~self.silent
        middle = (
            np.median(array[some]) if some.any() else 0
            for array, some in ((self.to_random, seen), (self.randomized, fired))
        )
        one = Verdict(self.layer, *(np.array([value]) for value in (not seen.any(), *middle, fired.any())))
        return one.numbers(0)

    def sentence(self, place: int) -> str:
        """Say in one plain sentence what the two numbers of one picture mean.

        Examples
        --------
        >>> some = np.array([True]), np.array([0.9]), np.array([0.1]), np.array([True])
        >>> nd.experiments.Verdict("conv4", *some).sentence(0)
        'silent: there is no picture to judge'
        """
        if self.silent[place]:
            return "silent: there is no picture to judge"
        numbers = [float(self.to_random[place])]
        said = f"correlation {numbers[0]:.2f} with what random values in the other maps draw here"
        if self.fired[place]:
            numbers.append(float(self.randomized[place]))
            said += f", rank correlation {numbers[1]:.2f} after random weights in {self.layer}"
        most = np.abs(numbers).max()
        if most >= ALIKE:
            return f"{said}: nearly the same picture comes without this unit, so it says little about it"
        if most >= PARTLY:
            return f"{said}: part of this picture comes without this unit"
        return f"{said}: this picture is the unit's own"


@finite_answers
def judge_projections(
    network: Sequential,
    images: Array,
    layer: str,
    feature_map: int | Sequence[int] | Array,
    *,
    select: Select = "strongest",
    rule: Rule = "deconv",
    rng: Generator,
    workers: Workers = None,
) -> Verdict:
    """Measure how much projections depend on their unit, by one random start and one set of random weights.

    Parameters
    ----------
    network, images, layer, feature_map, select, rule
        As for `npdeconv.visualize.project`.
    rng : numpy.random.Generator
    workers : int or executor, optional
        See `npdeconv.parallel.pool`.

    Returns
    -------
    Verdict

    Raises
    ------
    KeyError, IndexError, TypeError, ValueError
        As `npdeconv.visualize.compare_starts` does.

    Notes
    -----
    Only the weights nearest below the unit become random; those further down, and so the switches there,
    stay. The unit keeps its place, and only what it sees is compared. If it is silent with new weights,
    others are drawn, up to 8 times.

    Two small numbers do not prove that the picture explains anything. Two large ones prove that it does not
    show this unit.

    Examples
    --------
    >>> net, images = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(3).images
    >>> verdict = nd.experiments.judge_projections(net, images, "relu4", 7, rng=np.random.default_rng(0))
    >>> verdict.sentence(0).startswith("correlation ")
    True
    """
    starts = compare_starts(
        network,
        images,
        layer,
        feature_map,
        select=select,
        rules=[rule],
        draws=1,
        rng=random_generator(rng, "judge_projections"),
        workers=workers,
    )
    unit, own = starts.unit, weights_below(network, layer)
    redrawn = weights_down(network, layer)[own] if own else ()
    maps = np.broadcast_to(np.asarray(feature_map), len(images))
    randomized, fired = np.zeros(len(images)), np.zeros(len(images), bool)
    for stream in rng.spawn(TRIES if own else 0):
        left = np.flatnonzero(~(unit.silent | fired))
        if not len(left):
            break
        head = randomize(network, redrawn, rng=stream)[:layer]

        def descend(x: Array, maps: Array, positions: Array, head: Sequential = head) -> Array:
            y, tape = head.forward(as_input(x, head.dtype))
            return head.descend(descent_start(y, maps, None if select == "map" else positions), tape, rule)

        pixels = map_shards(descend, images[left], maps[left], unit.position[left], workers=workers)
        for n, picture in zip(left, pixels, strict=True):
            fired[n] = picture.any()
            if fired[n]:
                randomized[n] = _rank(starts.pixels[0, n], picture, unit.box[n])
    return Verdict(own or "", unit.silent, starts.to_random[0, :, 0], randomized, fired)


def judge_class_maps(
    network: Sequential,
    images: Array,
    *,
    labels: Array,
    rng: Generator,
    workers: Workers = None,
) -> list[Verdict]:
    """Measure how much class activation maps depend on their class.

    The random values weigh the maps of all other classes; the random weights are those from which
    the classes are read.

    Parameters
    ----------
    network : Sequential
    images : (N, H, W, C)
    labels : int (N, K)
        The classes of each image.
    rng : numpy.random.Generator
    workers : int or executor, optional
        See `npdeconv.parallel.pool`.

    Returns
    -------
    list of Verdict
        One for each image, of its K classes.

    Examples
    --------
    >>> net = nd.models.cam_net(input_shape=(28, 28, 1), rng=np.random.default_rng(0))
    >>> images = nd.data.load_strokes(2).images
    >>> labels = nd.visualize.class_activation_maps(net, images, k=3).labels
    >>> verdicts = nd.experiments.judge_class_maps(
    ...     net, images, labels=labels, rng=np.random.default_rng(0)
    ... )
    >>> len(verdicts), verdicts[0].to_random.shape
    (2, (3,))
    """
    random_generator(rng, "judge_class_maps")
    (count,) = answer_shape(network, images.shape[1:])
    every = class_activation_maps(network, images, labels=list(range(count)), workers=workers).maps
    own = str(weights_below(network, logits_layer(network)))
    other = randomize(network, [own], rng=rng)
    after = class_activation_maps(other, images, labels=labels, workers=workers).maps
    values = np.abs(rng.standard_normal((*labels.shape, count)))
    verdicts = []
    for n, chosen in enumerate(labels):
        maps = every[n, chosen]
        values[n, np.arange(len(chosen)), chosen] = 0
        drawn = np.tensordot(values[n], every[n], 1)
        alike = [correlate(np.stack(pair))[0, 1] for pair in zip(maps, drawn, strict=True)]
        ranks = [rank_similarity(*pair) for pair in zip(maps, after[n], strict=True)]
        silent = np.ptp(maps.reshape(len(maps), -1), axis=1) == 0
        verdicts.append(Verdict(own, silent, np.array(alike), np.nan_to_num(ranks), np.isfinite(ranks)))
    return verdicts


def _rank(first: Array, second: Array, box: Array) -> float:
    """Return Spearman's correlation of two pictures in a box; 0 where one has no contrast."""
    top, bottom, left, right = np.maximum(box, 0)
    return float(np.nan_to_num(rank_similarity(*(one[top:bottom, left:right] for one in (first, second)))))
