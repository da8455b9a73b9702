"""The contents of the page, as arrays."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from npdeconv._repr import brief
from npdeconv._types import Array, Pair, Shape
from npdeconv.report.classes import ClassMaps, Wanted
from npdeconv.report.filter_slices import Filters
from npdeconv.report.made import Made
from npdeconv.report.scatter import Scatter
from npdeconv.report.whole_images import Scenes
from npdeconv.report.whole_maps import Whole
from npdeconv.visualize import Mistakes, Occlusion, Patches, Strongest


@brief
class Evolving(NamedTuple):
    """A layer's F maps at S stages of training, each by its strongest image at that stage.

    Attributes
    ----------
    image_indices : int (S, F), in the data set; -1 where the map fires on none
    activations : (S, F)
    projections : (S, F, PH, PW, C), signed, unscaled, shrunk
    inside : bool (S, F, PH, PW)
    jumped : bool (S, F), the image differs from that of the stage before

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> conv, dense = nd.layers.Conv2D(1, 2, 5, stride=3, rng=rng), nd.layers.Dense(128, 10, rng=rng)
    >>> layers = {"conv": conv, "relu": nd.layers.ReLU(), "flatten": nd.layers.Flatten(), "logits": dense}
    >>> net, digits = nd.layers.Sequential(layers, input_shape=(28, 28, 1)), nd.data.load_strokes(20)
    >>> report = nd.report.collect(net, digits, examples=0)
    >>> report.layers[0].evolving.activations.shape  # one stage, no snapshots
    (1, 2)
    """

    image_indices: Array
    activations: Array
    projections: Array
    inside: Array
    jumped: Array


@brief
class LayerView(NamedTuple):
    """A layer and the F of its maps that are shown, as they are at the end of training.

    Attributes
    ----------
    name : str
    kind : str
    output_shape : Shape
    receptive_field : Pair
    feature_maps : int (F,), their numbers, ascending
    total : int, how many there are
    dead : int, how many of these never fire
    classes : tuple[str, ...], what each map stands for, in the layer that names classes; else empty
    filters : Filters or None
    found : Strongest, `image_indices` are those in the whole data set
    labels : int (F, k), classes of those images, true or predicted; -1 where there is none
    fields : int (F, k, 4), top, bottom, left, right of what the unit sees in the image
    patches : Patches, (F, k, ...), shrunk
    evolving : Evolving
    verdicts : tuple[str, ...], what each map's strongest projection is worth; empty unless asked for
    made : Made or None, images made for some of these maps
    whole : Whole or None, whole projections of some of these maps

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> conv, dense = nd.layers.Conv2D(1, 2, 5, stride=3, rng=rng), nd.layers.Dense(128, 10, rng=rng)
    >>> layers = {"conv": conv, "relu": nd.layers.ReLU(), "flatten": nd.layers.Flatten(), "logits": dense}
    >>> net, digits = nd.layers.Sequential(layers, input_shape=(28, 28, 1)), nd.data.load_strokes(20)
    >>> view = nd.report.collect(net, digits, examples=0).layers[0]
    >>> view.name, view.kind, view.receptive_field, view.found.image_indices.shape
    ('relu', 'ReLU', (5, 5), (2, 9))
    """

    name: str
    kind: str
    output_shape: Shape
    receptive_field: Pair
    feature_maps: Array
    total: int
    dead: int
    classes: tuple[str, ...]
    filters: Filters | None
    found: Strongest
    labels: Array
    fields: Array
    patches: Patches
    evolving: Evolving
    verdicts: tuple[str, ...] = ()
    made: Made | None = None
    whole: Whole | None = None


@brief
class Example(NamedTuple):
    """An image and the effect of occluding it.

    Attributes
    ----------
    image_index : int
    size : Pair, height and width of the image
    image : (H, W, C), shrunk
    result : Occlusion
    """

    image_index: int
    size: Pair
    image: Array
    result: Occlusion


@brief
class Wrong(NamedTuple):
    """The confusion matrix, and the K most confident wrong answers.

    Attributes
    ----------
    images : (K, H, W, C), shrunk
    result : Mistakes, `image_indices` are those in the whole data set; projections are shrunk
    """

    images: Array
    result: Mistakes


@brief
class Report(NamedTuple):
    """The contents of the page.

    Attributes
    ----------
    run : str
    network_name : str
    dataset_name : str
    classes : tuple[str, ...]
    labeled : bool, whether labels are true classes; otherwise they are what the network predicts
    searched : int, images
    available : int, images in the data set
    history : Mapping[str, Sequence[float]]
    stages : tuple[str, ...], of training; the last are the final weights
    layers : tuple[LayerView, ...]
    wrong : Wrong or None, none where nobody has labeled the images
    examples : tuple[Example, ...]
    scenes : Scenes, what the patches are cut from
    scatter : Scatter or None, none where there is no hidden layer
    class_maps : ClassMaps or None, of the same images; None where the network has none
    wanted : Wanted or None

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> conv, dense = nd.layers.Conv2D(1, 2, 5, stride=3, rng=rng), nd.layers.Dense(128, 10, rng=rng)
    >>> layers = {"conv": conv, "relu": nd.layers.ReLU(), "flatten": nd.layers.Flatten(), "logits": dense}
    >>> net, digits = nd.layers.Sequential(layers, input_shape=(28, 28, 1)), nd.data.load_strokes(20)
    >>> report = nd.report.collect(net, digits, examples=0)
    >>> report.network_name, report.searched, len(report.layers)
    ('Sequential', 20, 2)
    """

    run: str
    network_name: str
    dataset_name: str
    classes: tuple[str, ...]
    labeled: bool
    searched: int
    available: int
    history: Mapping[str, Sequence[float]]
    stages: tuple[str, ...]
    layers: tuple[LayerView, ...]
    wrong: Wrong | None
    examples: tuple[Example, ...]
    scenes: Scenes
    scatter: Scatter | None = None
    class_maps: ClassMaps | None = None
    wanted: Wanted | None = None
