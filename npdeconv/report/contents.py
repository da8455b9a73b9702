"""The contents of the page, as arrays."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from npdeconv._repr import brief
from npdeconv._types import Array, Pair, Shape
from npdeconv.report.classes import ClassMaps, Wanted
from npdeconv.report.filter_slices import Filters
from npdeconv.report.scatter import Scatter
from npdeconv.report.whole_images import Scenes
from npdeconv.visualize import Mistakes, Occlusion, Patches, Strongest


@brief
class Evolving(NamedTuple):
    """A layer's F maps at S stages of training, each by its strongest image at that stage."""

    images: Array  # int (S, F): positions in the data set; -1 where the map fires on none
    activations: Array  # (S, F)
    projections: Array  # (S, F, PH, PW, C): signed, unscaled, shrunk
    inside: Array  # bool (S, F, PH, PW)
    jumped: Array  # bool (S, F): the image differs from that of the stage before


@brief
class LayerView(NamedTuple):
    """A layer and the F of its maps that are shown, as they are at the end of training."""

    name: str
    kind: str
    output_shape: Shape
    receptive_field: Pair
    maps: Array  # int (F,): their numbers, ascending
    total: int  # maps of the layer
    dead: int  # maps of the layer that never fire
    classes: tuple[str, ...]  # the class of each map, in the layer of the classes; else empty
    filters: Filters | None
    found: Strongest  # `images` are positions in the whole data set
    labels: Array  # int (F, k): classes of those images, true or predicted; -1 where there is none
    fields: Array  # int (F, k, 4): top, bottom, left, right of the unit's receptive field in the image
    patches: Patches  # (F, k, ...), shrunk
    evolving: Evolving


@brief
class Example(NamedTuple):
    """An image and the effect of occluding it."""

    position: int
    size: Pair  # height and width of the image
    image: Array  # (H, W, C), shrunk
    result: Occlusion


@brief
class Wrong(NamedTuple):
    """The confusion matrix, and the K most confident wrong answers."""

    images: Array  # (K, H, W, C), shrunk
    result: Mistakes  # `images` are positions in the whole data set; projections are shrunk


@brief
class Report(NamedTuple):
    """The contents of the page."""

    run: str
    network: str
    dataset: str
    classes: tuple[str, ...]
    labeled: bool  # True: labels are true classes; False: they are the network's predictions
    searched: int  # images
    available: int  # images in the data set
    history: Mapping[str, Sequence[float]]
    stages: tuple[str, ...]  # of training; the last are the final weights
    layers: tuple[LayerView, ...]
    wrong: Wrong | None  # None for images without labels
    examples: tuple[Example, ...]
    scenes: Scenes  # the whole images of the patches
    scatter: Scatter | None = None  # None if there is no hidden layer
    class_maps: ClassMaps | None = None  # of the examples; None if the network has none
    wanted: Wanted | None = None
