"""Does a map of relevance predict what matters to the network? Five numbers for any map, at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from npdeconv._checks import image_batch, one_for_each
from npdeconv._progress import progress_bar
from npdeconv._repr import brief
from npdeconv._types import Array, Generator, Pair
from npdeconv.finite import finite_answers
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers
from npdeconv.visualize.agreement import rank_agreement, sum_under
from npdeconv.visualize.asked import checked_relevance, importance
from npdeconv.visualize.faithfulness import Explainer, Perturbation, infidelity, max_sensitivity
from npdeconv.visualize.insertion import KERNEL, SIGMA, InsertionDeletion, insertion_deletion
from npdeconv.visualize.occluder import Fill, OccluderGrid
from npdeconv.visualize.occlusion import Occlusion, occlude


@dataclass(frozen=True, slots=True)
class RelevanceConstants:
    """What the definitions of the five numbers leave open, or fix; the defaults are the papers'.

    Parameters
    ----------
    step : int, optional
        Pixels inserted or deleted at once; one row's worth unless given (RISE).
    blank : float or sequence of C floats
        What deleted pixels and squares show; the value that is 0 for the network (RISE), see `blank_pixel`.
    kernel, sigma : int, float
        Of the blur where insertion begins (RISE: 11 and 5).
    perturbations : "square" or "noise"
        What infidelity takes from images. The paper has both, and no defaults for the next two.
    size : float
        The square's side as a share of the image's, or the noise's standard deviation.
    changes : int
        Changes drawn for each image's infidelity.
    scaled : bool
        Whether infidelity takes out the best scale of each map. The paper's definition is without, its
        experiments are with.
    radius, draws : float, int
        Of sensitivity (0.02 and 10).
    occluder, stride : int or (height, width), optional
        Of the occlusion to agree with, as for `occluder_grid`.
    fill : "gray", "mean", "black" or "blur"
        Of that occluder.

    Examples
    --------
    >>> nd.visualize.RelevanceConstants(step=4).sigma
    5.0
    """

    step: int | None = None
    blank: float | Sequence[float] | Array = 0.0
    kernel: int = KERNEL
    sigma: float = SIGMA
    perturbations: Perturbation = "square"
    size: float = 0.2
    changes: int = 100
    scaled: bool = True
    radius: float = 0.02
    draws: int = 10
    occluder: int | Pair | None = None
    stride: int | Pair | None = None
    fill: Fill = "gray"


@brief
class RelevanceJudgment(NamedTuple):
    """How well N maps of relevance predict what matters.

    Attributes
    ----------
    maps : (N, H, W) or (N, H, W, C)
    curves : InsertionDeletion
    infidelity : float64 (N,), see `Infidelity`
    unexplained : float64 (N,), infidelity as a share of that of a map of zeros; 0 where nothing changes
    sensitivity : float64 (N,), see `max_sensitivity`
    agreement : float64 (N,), rank correlation of the map's sum under an occluder and the drop in activity

    Examples
    --------
    >>> net, digits = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(2)
    >>> edges = nd.visualize.explainers(net, "logits")["edges"]
    >>> question = digits.images, "logits", digits.labels
    >>> few = nd.visualize.RelevanceConstants(step=98, changes=5, draws=2, stride=10)
    >>> nd.visualize.judge_relevance(net, *question, explain=edges, constants=few).agreement.shape
    (2,)
    """

    maps: Array
    curves: InsertionDeletion
    infidelity: Array
    unexplained: Array
    sensitivity: Array
    agreement: Array


@finite_answers
def judge_relevance(
    network: Sequential,
    images: Array,
    layer: str,
    feature_map: int | Sequence[int] | Array,
    *,
    explain: Explainer,
    constants: RelevanceConstants | None = None,
    occlusions: Sequence[Occlusion] | None = None,
    rng: Generator | None = None,
    workers: Workers = None,
    progress: bool = False,
) -> RelevanceJudgment:
    """Ask of any map of relevance whether it predicts what matters to a class or a unit.

    Insertion and deletion curves (arXiv:1806.07421), infidelity and sensitivity (arXiv:1901.09392), and
    the rank correlation with occlusion. Compare with the controls of `explainers`: a random map, and the
    image's edges.

    Parameters
    ----------
    network : Sequential
    images : (N, H, W, C)
        uint8 pixels, or floats prepared as the network takes them.
    layer : str
        That of the logits for classes, any other for maps.
    feature_map : int or sequence of N ints
        The class or map; the same for all images, or one for each.
    explain : callable
        Takes images and their maps' numbers, and returns maps (N, H, W), or (N, H, W, C), such as one of
        `explainers`.
    constants : RelevanceConstants, optional
    occlusions : sequence of N Occlusion, optional
        Of the images, if several maps are judged by the same ones; made unless given.
    rng : numpy.random.Generator, optional
        Draws the changes of infidelity and sensitivity; seed 0 unless given.
    workers : int or executor, optional
        See `npdeconv.parallel.pool`; the result is the same for any number.
    progress : bool
        Show a progress bar on stderr if it takes more than two seconds.

    Returns
    -------
    RelevanceJudgment

    Raises
    ------
    KeyError, IndexError
        If there is no such layer or map.
    TypeError, ValueError
        For images and maps that do not fit, settings out of range, and a unit that is silent on its image.

    Examples
    --------
    >>> net, digits = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(2)
    >>> deconv = nd.visualize.explainers(net, "relu4")["deconv"]
    >>> few = nd.visualize.RelevanceConstants(step=98, changes=5, draws=2, stride=10)
    >>> result = nd.visualize.judge_relevance(net, digits.images, "relu4", 7, explain=deconv, constants=few)
    >>> result.maps.shape, result.curves.insertion.shape
    ((2, 28, 28, 1), (2, 9))
    """
    image_batch(images, "judge_relevance")
    c = RelevanceConstants() if constants is None else constants
    numbers = one_for_each(feature_map, len(images), "judge_relevance", "feature_map")
    maps = checked_relevance(explain(images, numbers), images, "judge_relevance")
    question = network, images, layer, feature_map
    bar = progress_bar(total=4, unit="question", delay=2, leave=False, shown=progress)
    with bar:
        curves = insertion_deletion(
            *question, maps=maps, step=c.step, blank=c.blank, kernel=c.kernel, sigma=c.sigma, workers=workers
        )
        bar.update()
        far = infidelity(
            *question,
            maps=maps,
            perturbations=c.perturbations,
            draws=c.changes,
            size=c.size,
            blank=c.blank,
            scaled=c.scaled,
            rng=rng,
            workers=workers,
        )
        bar.update()
        sensitivity = max_sensitivity(
            images, numbers, explain=explain, radius=c.radius, draws=c.draws, rng=rng
        )
        bar.update()
        if occlusions is None:
            occlusions = occlude_each(*question, constants=c, workers=workers)
        agreement = [_agree(*each) for each in zip(occlusions, importance(maps), strict=True)]
        bar.update()
    unexplained = far.infidelity / np.where(far.power > 0, far.power, 1)
    return RelevanceJudgment(maps, curves, far.infidelity, unexplained, sensitivity, np.array(agreement))


def occlude_each(
    network: Sequential,
    images: Array,
    layer: str,
    feature_map: int | Sequence[int] | Array,
    *,
    constants: RelevanceConstants | None = None,
    workers: Workers = None,
) -> tuple[Occlusion, ...]:
    """Occlude each image, to judge several maps by the same occlusions."""
    c = RelevanceConstants() if constants is None else constants
    numbers = one_for_each(feature_map, len(images), "occlude_each", "feature_map")
    size, stride, fill = c.occluder, c.stride, c.fill
    return tuple(
        occlude(network, image, layer, int(m), label=0, size=size, stride=stride, fill=fill, workers=workers)
        for image, m in zip(images, numbers, strict=True)
    )


def _agree(found: Occlusion, values: Array) -> float:
    grid = OccluderGrid(found.size, found.rows, found.columns)
    return rank_agreement(sum_under(values.astype(np.float64), grid), found.activity, found.clean_activity)
