"""Does a picture of a network depend on the network? New random weights, layer by layer.

Adebayo et al., "Sanity checks for saliency maps" (arXiv:1810.03292), section 3: a map that stays the
same when the weights become random says nothing about what the network has learned.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from npdeconv import initializers
from npdeconv._checks import image_batch
from npdeconv._progress import progress_bar
from npdeconv._types import Array
from npdeconv.experiments.finished_seeds import fingerprint, kept
from npdeconv.experiments.randomization_plan import Explained, Order, Plan, make_plan
from npdeconv.experiments.randomization_result import MEASURES, Randomization
from npdeconv.experiments.sampling import seed_list
from npdeconv.finite import check_parameters
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers
from npdeconv.visualize import compare_maps
from npdeconv.visualize.scikit_image import check_scikit_image


def randomization(
    network: Sequential,
    images: Array,
    layer: str,
    feature_map: int | None = None,
    *,
    order: Order = "cascading",
    layers: Sequence[str] | None = None,
    methods: Sequence[str] | None = None,
    explained: Explained = "original",
    initializer: Callable[..., Array] = initializers.truncated_normal,
    seeds: Sequence[int] = range(5),
    folder: str | Path | None = None,
    workers: Workers = None,
    progress: bool = False,
) -> Randomization:
    """Measure how alike the maps of a unit are before and after its network got new random weights.

    A hidden unit does not depend on the layers above it, so these keep their weights: randomizing begins
    at the explained layer's own weights and goes down. The map stays the same; its strongest position is
    chosen anew. A map without a positive activation is silent, and has nothing to compare.

    Parameters
    ----------
    network : Sequential
    images : (N, H, W, C)
        At least two: the maps of other images tell what unrelated maps score.
    layer : str
        Name of the explained layer; that of the logits to explain a class.
    feature_map : int, optional
        The explained map, or class; of each image the strongest one, or the predicted class, unless
        given.
    order : "cascading" or "independent"
        Whether the layers above the named one, down from the explained one, get new weights, too.
    layers : sequence of str, optional
        The layers to randomize, or with "cascading", down to which; all with weights unless given.
    methods : sequence of str, optional
        Of "deconv", "gradient", "guided", "linear" (see `npdeconv.visualize.project`), "occlusion" (the
        drop of the map's activity), "class map" and "image" (the image itself, a control that can't
        depend on any weight). All that can explain the layer unless given.
    explained : "original" or "predicted"
        With "predicted", the class that the randomized network predicts is explained after randomizing.
    initializer : callable
        Of the new weights, see `randomize`.
    seeds : sequence of int
        At least two. Each gives all layers other weights.
    folder : Path, optional
        Where each finished seed is kept as a file, and found again.
    workers : int or executor, optional
        See `npdeconv.parallel.pool`.
    progress : bool
        Show a progress bar on stderr.

    Returns
    -------
    Randomization

    Raises
    ------
    ImportError
        If scikit-image is missing.
    KeyError, IndexError
        If the network has no such layer, or the layer no such map.
    TypeError, ValueError
        For fewer than two images or seeds, layers that the explained one does not depend on, methods
        that can't explain it, and "predicted" for what is no class.

    Examples
    --------
    >>> net, images = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(2).images
    >>> few = {"layers": ["conv4"], "methods": ["deconv", "image"], "seeds": [0, 1]}
    >>> result = nd.experiments.randomization(net, images, "relu4", **few)
    >>> result.similarity.shape, result.interval("rank").mean[1].tolist()
    ((2, 2, 1, 2, 4), [1.0])
    """
    check_scikit_image()
    check_parameters(network, "randomization")
    image_batch(images, "randomization")
    draws = seed_list(seeds, "randomization")
    for number, what in ((len(images), "images"), (len(draws), "seeds")):
        if number < 2:
            raise ValueError(f"randomization: expected at least two {what}, got {number}")
    plan = make_plan(
        network,
        images,
        layer,
        feature_map,
        order=order,
        layers=layers,
        methods=methods,
        explained=explained,
        initializer=initializer,
        workers=workers,
    )
    shape = (len(plan.methods), len(plan.steps), len(images), len(MEASURES))
    name = fingerprint(network, images, layer, plan.maps, plan.steps, plan.methods, explained, initializer)
    with progress_bar(total=len(draws) * shape[1], unit="step", delay=2, leave=False, shown=progress) as bar:
        similarity = np.array(
            [
                kept(
                    folder,
                    f"randomization_{name}_seed{seed}",
                    {"similarity": shape},
                    partial(_of_seed, plan, seed, bar),
                )["similarity"]
                for seed in draws.tolist()
            ]
        )
    return Randomization(
        order=order,
        layer=layer,
        feature_maps=plan.maps[:, 0],
        explained=explained,
        layers=tuple(plan.steps),
        methods=plan.methods,
        seeds=draws,
        similarity=similarity,
        unrelated=_unrelated(plan),
    )


def _of_seed(plan: Plan, seed: int, bar: Any) -> dict[str, Array]:
    """Return the similarities (R, L, N, 4) of one seed."""
    originals = [plan.explain(plan.network, method) for method in plan.methods]
    found = np.empty((len(plan.methods), len(plan.steps), len(plan.images), len(MEASURES)))
    for step, layer in enumerate(plan.steps):
        network = plan.randomized(layer, seed)
        for number, method in enumerate(plan.methods):
            found[number, step] = _compare(originals[number], plan.explain(network, method))
        bar.update()
    return {"similarity": found}


def _compare(first: Array, second: Array) -> Array:
    return np.array([compare_maps(*pair) for pair in zip(first, second, strict=True)])


def _unrelated(plan: Plan) -> Array:
    """Return what the maps of other images and of other feature maps score, (R, 2, N, 4)."""
    found = np.full((len(plan.methods), 2, len(plan.images), len(MEASURES)), np.nan)
    for number, method in enumerate(plan.methods):
        own = plan.explain(plan.network, method)
        found[number, 0] = _compare(own, np.roll(own, 1, axis=0))
        if (plan.maps >= 0).all():
            second = plan._replace(maps=plan.maps[:, ::-1])
            found[number, 1] = _compare(own, second.explain(plan.network, method))
    return found
