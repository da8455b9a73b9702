"""What the page shows, as arrays."""

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

    image_indices: Array  # int (S, F): which images of the data set; -1 where the map fires on none
    activations: Array  # (S, F)
    projections: Array  # (S, F, PH, PW, C): signed, unscaled, shrunk
    inside: Array  # bool (S, F, PH, PW)
    jumped: Array  # bool (S, F): the image is another one than at the stage before


@brief
class LayerView(NamedTuple):
    """A layer and the F of its maps that are shown, as they are at the end of training."""

    name: str
    kind: str
    output_shape: Shape
    receptive_field: Pair
    feature_maps: Array  # int (F,): their numbers, ascending
    total: int  # how many there are
    dead: int  # how many of these never fire
    classes: tuple[str, ...]  # what each map stands for, in the layer that names classes; else empty
    filters: Filters | None
    found: Strongest  # `image_indices` are those in the whole data set
    labels: Array  # int (F, k): classes of those images, true or predicted; -1 where there is none
    fields: Array  # int (F, k, 4): top, bottom, left, right of what the unit sees in the image
    patches: Patches  # (F, k, ...), shrunk
    evolving: Evolving


@brief
class Example(NamedTuple):
    """An image and what occluding it does."""

    image_index: int
    size: Pair  # height and width of the image
    image: Array  # (H, W, C), shrunk
    result: Occlusion


@brief
class Wrong(NamedTuple):
    """What the network takes for what, and its most confident wrong answers (K of them)."""

    images: Array  # (K, H, W, C), shrunk
    result: Mistakes  # `image_indices` are those in the whole data set; projections are shrunk


@brief
class Report(NamedTuple):
    """The contents of the page."""

    run: str
    network: str
    dataset: str
    classes: tuple[str, ...]
    labeled: bool  # whether labels are true classes; otherwise they are what the network predicts
    searched: int  # images
    available: int  # images in the data set
    history: Mapping[str, Sequence[float]]
    stages: tuple[str, ...]  # of training; the last are the final weights
    layers: tuple[LayerView, ...]
    wrong: Wrong | None  # None where nobody has labeled the images
    examples: tuple[Example, ...]
    scenes: Scenes  # what the patches are cut from
    scatter: Scatter | None = None  # None where there is no hidden layer
    class_maps: ClassMaps | None = None  # of the same images; None where the network has none
    wanted: Wanted | None = None
