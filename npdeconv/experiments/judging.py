"""Measure whether pictures depend on the unit or the class that they are said to show.

A picture is compared with what random values in the other maps draw through the same switches and gates
(`npdeconv.visualize.compare_starts`), and with itself after its own layer got random weights.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from npdeconv._checks import image_batch, random_generator
from npdeconv._types import Array, Generator, Rule, Shape
from npdeconv._version import __version__
from npdeconv.anatomy.maps import descent_start
from npdeconv.anatomy.roles import answer_shape, logits_layer, weights_below
from npdeconv.data import as_input
from npdeconv.experiments.finished_seeds import fingerprint, kept
from npdeconv.experiments.randomization_plan import weights_down
from npdeconv.experiments.randomize import randomize
from npdeconv.experiments.verdict import Verdict
from npdeconv.finite import finite_answers
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers, map_shards
from npdeconv.visualize import class_activation_maps, compare_starts, rank_similarity
from npdeconv.visualize.projection import Select
from npdeconv.visualize.rules import correlate

TRIES = 8  # random weights leave a unit silent every second time


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
    folder: Path | None = None,
    workers: Workers = None,
) -> Verdict:
    """Measure how much projections depend on their unit, by one random start and one set of random weights.

    Parameters
    ----------
    network, images, layer, feature_map, select, rule
        As for `npdeconv.visualize.project`.
    rng : numpy.random.Generator
    folder : Path, optional
        Where the numbers are kept as a file, and found again for the same network, images, settings and
        state of `rng`. What is found draws nothing from `rng`.
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
    random_generator(rng, "judge_projections")
    image_batch(images, "judge_projections")
    found = _kept(
        folder,
        network,
        (images, layer, np.asarray(feature_map), select, rule),
        rng,
        images.shape[:1],
        partial(_judge, network, images, layer, feature_map, select, rule, rng, workers),
    )
    return Verdict(weights_below(network, layer) or "", **found)


def judge_class_maps(
    network: Sequential,
    images: Array,
    *,
    labels: Array,
    rng: Generator,
    folder: Path | None = None,
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
    folder : Path, optional
        As for `judge_projections`.
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
    image_batch(images, "judge_class_maps")
    own = str(weights_below(network, logits_layer(network)))
    found = _kept(
        folder,
        network,
        (images, labels),
        rng,
        labels.shape,
        partial(_judge_classes, network, images, labels, own, rng, workers),
    )
    return [Verdict(own, **{name: array[n] for name, array in found.items()}) for n in range(len(images))]


def _judge(
    network: Sequential,
    images: Array,
    layer: str,
    feature_map: int | Sequence[int] | Array,
    select: Select,
    rule: Rule,
    rng: Generator,
    workers: Workers,
) -> Mapping[str, Array]:
    """Return the arrays of a verdict about projections."""
    starts = compare_starts(
        network,
        images,
        layer,
        feature_map,
        select=select,
        rules=[rule],
        draws=1,
        rng=rng,
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
    return _arrays(unit.silent, starts.to_random[0, :, 0], randomized, fired)


def _judge_classes(
    network: Sequential, images: Array, labels: Array, own: str, rng: Generator, workers: Workers
) -> Mapping[str, Array]:
    """Return the arrays of verdicts about class maps, (N, K) each."""
    (count,) = answer_shape(network, images.shape[1:])
    every = class_activation_maps(network, images, labels=list(range(count)), workers=workers).maps
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
        verdicts.append((silent, np.array(alike), np.nan_to_num(ranks), np.isfinite(ranks)))
    return _arrays(*map(np.array, zip(*verdicts, strict=True)))


def _arrays(*found: Array) -> Mapping[str, Array]:
    """Name the arrays of a verdict, all but its layer."""
    return dict(zip(Verdict._fields[1:], found, strict=True))


def _kept(
    folder: Path | None,
    network: Sequential,
    settings: tuple[Any, ...],
    rng: Generator,
    shape: Shape,
    judge: Callable[[], Mapping[str, Array]],
) -> Mapping[str, Array]:
    """Return the arrays of a verdict: from its file in the folder, or judged, and written there."""
    if folder is None:
        return judge()
    state = rng.bit_generator.state, str(rng.bit_generator.seed_seq), __version__
    name = f"verdict_{fingerprint(network, *settings, state)}"
    return kept(folder, name, dict.fromkeys(Verdict._fields[1:], shape), judge)


def _rank(first: Array, second: Array, box: Array) -> float:
    """Return Spearman's correlation of two pictures in a box; 0 where one has no contrast."""
    top, bottom, left, right = np.maximum(box, 0)
    return float(np.nan_to_num(rank_similarity(*(one[top:bottom, left:right] for one in (first, second)))))
