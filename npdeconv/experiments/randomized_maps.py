"""The maps of one unit, layer by layer randomized: the picture of the sanity checks."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from npdeconv import initializers
from npdeconv._checks import one_image
from npdeconv._repr import brief
from npdeconv._types import Array
from npdeconv.experiments.randomization_plan import Explained, Order, make_plan
from npdeconv.finite import check_parameters
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers
from npdeconv.visualize import rank_similarity


@brief
class RandomizedMaps(NamedTuple):
    """The maps of one image by R methods: of the network as it is, and of L randomized ones.

    Attributes
    ----------
    order : str, "cascading" or "independent"
    layer : str, the explained one
    feature_map : int, the explained map
    layers : tuple[str, ...], the randomized ones, from the explained one down
    methods : tuple[str, ...]
    pictures : tuple[array, ...], of each method (1 + L, h, w, c), first that of the network as it is
    similarity : (R, 1 + L), rank correlation with the first; NaN where a map is blank

    Examples
    --------
    >>> net, image = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(1).images[0]
    >>> result = nd.experiments.randomized_maps(net, image, "relu2", methods=["deconv", "gradient"])
    >>> result.layers, result.pictures[0].shape
    (('conv2', 'conv1'), (3, 28, 28, 1))
    """

    order: str
    layer: str
    feature_map: int
    layers: tuple[str, ...]
    methods: tuple[str, ...]
    pictures: tuple[Array, ...]
    similarity: Array


def randomized_maps(
    network: Sequential,
    image: Array,
    layer: str,
    feature_map: int | None = None,
    *,
    order: Order = "cascading",
    layers: Sequence[str] | None = None,
    methods: Sequence[str] | None = None,
    explained: Explained = "original",
    initializer: Callable[..., Array] = initializers.truncated_normal,
    seed: int = 0,
    workers: Workers = None,
) -> RandomizedMaps:
    """Make the maps of one image that `randomization` compares, for one seed.

    Parameters
    ----------
    network : Sequential
    image : (H, W, C)
    layer, feature_map, order, layers, methods, explained, initializer, workers
        As for `randomization`.
    seed : int
        Of the new weights.

    Returns
    -------
    RandomizedMaps

    Raises
    ------
    KeyError, IndexError, TypeError, ValueError
        As `randomization` does.

    Examples
    --------
    >>> net, image = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(1).images[0]
    >>> result = nd.experiments.randomized_maps(net, image, "relu2", methods=["image"], seed=3)
    >>> result.similarity.tolist()  # the image does not depend on the weights
    [[1.0, 1.0, 1.0]]
    """
    one_image(image, "randomized_maps")
    check_parameters(network, "randomized_maps")
    images = image[np.newaxis]
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
    networks = [network, *(plan.randomized(step, seed) for step in plan.steps)]
    maps = [np.concatenate([plan.explain(one, method) for one in networks]) for method in plan.methods]
    return RandomizedMaps(
        order=order,
        layer=layer,
        feature_map=int(plan.maps[0, 0]),
        layers=tuple(plan.steps),
        methods=plan.methods,
        pictures=tuple(maps),
        similarity=np.array([[rank_similarity(each[0], one) for one in each] for each in maps]),
    )
