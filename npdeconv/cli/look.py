"""`npdeconv look`: draw a network's filters, its maps for one image, and its mistakes.

Writes figures (.png): for image N, the strongest unit of each layer (layers_imageN), the feature maps
(maps_LAYER_imageN), and the rules of projection side by side, for one unit (rules_LAYER_mapM_imageN);
for the network, its first filters (filters) and each deeper map's strongest projection
(filters_LAYER), but only the most active of many maps; for the data set, the confusion matrix of up
to 50 classes (confusion) and the most confident mistakes (mistakes); for a training run, its curves
(curves). The raw arrays are in look_LAYER_mapM_imageN.npz. With --beside, writes only the first filters
of several networks side by side (filters_beside).
"""

import argparse
from math import prod
from pathlib import Path
from typing import Any, Literal, NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from npdeconv import plot
from npdeconv._types import Array
from npdeconv.anatomy import map_count, map_layers, patch_size
from npdeconv.anatomy.roles import answer_shape
from npdeconv.cli.datasets import load_data
from npdeconv.cli.figures import Results, answers, file_stem, image_name
from npdeconv.cli.networks import OF_FILES, load_network
from npdeconv.cli.options import add_network, add_results, add_whole, check_range, check_whole, share
from npdeconv.cli.parser import Parser
from npdeconv.cli.top import prefixed
from npdeconv.data import Dataset
from npdeconv.layers import Sequential
from npdeconv.plot.images import OWN_SCALE
from npdeconv.plot.text import wrapped
from npdeconv.training import History
from npdeconv.visualize import (
    FeatureMaps,
    LayerProjections,
    affordable_maps,
    compare_rules,
    feature_maps,
    find_mistakes,
    find_patches,
    find_strongest,
    first_filters,
    most_active,
    project_layers,
)
from npdeconv.visualize.selection import MOST

TOP_UNITS = 3
MISTAKES_SHOWN = 8
LAYERS_IN_A_ROW = 9
LAYERS_CAPTION = f"""\
box: what the unit sees of the image, pale beyond its edge; beneath: its projection by the rule deconv
each projection has its own scale: {OWN_SCALE}"""
PIXELS = 6_000_000  # of the deeper maps' projections: 72 MB in color
CONFUSION_CLASSES = 50  # a larger matrix is not readable


def add(parser: Parser) -> None:
    """Declare the options."""
    add_network(parser)
    share(parser, "--image", default=0)
    share(parser, "--layer", "; of the unit to compare the rules for; the last one with maps if not given")
    share(parser, "--map", "; in that layer; the strongest if not given")
    add_whole(parser, "the strongest projections of the layers")
    parser.add_argument(
        "--beside",
        metavar="NETWORK",
        nargs="+",
        help="runs, cards and files of networks: draw only their first filters, beside this network's",
    )
    add_results(parser, "look")


class _Scene(NamedTuple):
    """The network, the data, the unit, and the folder for figures."""

    network: Sequential
    dataset: Dataset
    number: int
    layers: tuple[str, ...]
    unit: tuple[str, int]  # layer and feature map to compare the rules for
    out: Results
    split: str
    workers: int | None
    select: Literal["strongest", "map"] = "strongest"
    whole: bool = False

    @property
    def image(self) -> Array:
        return self.dataset.images[self.number]

    def save(self, axes: Array | Axes, name: str, *, of_image: bool = False) -> None:
        stem = file_stem(name, f"image{self.number}" if of_image else None, split=self.split)
        print(self.out.figure(axes, stem), flush=True)

    def title(self, text: str) -> str:
        """Begin a title with the network, the image, its label and the predicted class."""
        (answer,) = answers(self.network, self.dataset, [self.number], self.workers)
        return (
            f"{plot.literal(self.network.name)} on {image_name(self.dataset, self.number)}: {answer}\n{text}"
        )


def run(options: argparse.Namespace) -> None:
    """Draw one kind of figure after another, and print each file when it is written."""
    check_whole(options)
    out = Results(options)
    loaded = load_network(options)
    if options.beside is not None:
        _beside(loaded.network, options, out)
        return
    network, dataset = loaded.network, load_data(loaded, options.data, options.split)
    check_range("--image", options.image, len(dataset), f"{dataset.name} has the images")
    layers = map_layers(network, dataset.images.shape[1:])
    unit = _unit(options, network, dataset.images[options.image], layers[-1])
    scene = _Scene(network, dataset, options.image, layers, unit, out, options.split, options.workers)
    scene = scene._replace(select=options.select[0], whole=options.whole)
    if loaded.run is not None and (loaded.run / "history.csv").is_file():
        title = plot.literal(f"{network.name}, run {loaded.run.resolve().name}")
        scene.save(plot.curves(History.read(loaded.run / "history.csv"), title=title), "curves")
    arrays: dict[str, Any] = {"image": scene.image}
    for draw in (_layers, _maps, _rules, _mistakes, _filters):
        arrays |= draw(scene)
    stem = file_stem(f"look_{unit[0]}_map{unit[1]}_image{options.image}", split=options.split)
    print(out.arrays(stem, arrays))


def _beside(network: Sequential, options: argparse.Namespace, out: Results) -> None:
    """Draw the first filters of this network and of others, which take none of its options."""
    unset = {option.removeprefix("--").replace("-", "_"): None for option in OF_FILES}
    alone = vars(options) | unset | {"weights": None, "model": None, "fold": False}
    others = [load_network(argparse.Namespace(**alone | {"network": name})) for name in options.beside]
    several = [first_filters(one) for one in (network, *(loaded.network for loaded in others))]
    names = [plot.literal(Path(name).stem) for name in (options.network, *options.beside)]
    axes = plot.filters_beside(several, names, title="the filters of the first layers")
    print(out.figure(axes, "filters_beside"))
    print(out.arrays("filters_beside", {f"filters_{n}": one for n, one in enumerate(several)}))


def _unit(options: argparse.Namespace, network: Sequential, image: Array, last: str) -> tuple[str, int]:
    """Return the chosen layer and feature map, or the defaults."""
    layer = options.layer or last
    maps = map_count(network, layer, image.shape)
    if options.map is None:
        return layer, int(project_layers(network, image, [layer]).feature_maps[0])
    check_range("--map", options.map, maps, f"layer {layer!r} has the maps")
    return layer, options.map


def _layers(scene: _Scene) -> dict[str, Any]:
    every = project_layers(scene.network, scene.image, scene.layers, select=scene.select)
    top = project_layers(scene.network, scene.image, scene.layers[-1:], k=TOP_UNITS, select=scene.select)
    count = len(every.layers)
    columns, blocks = max(min(count, LAYERS_IN_A_ROW), 1 + len(top.layers)), -(-count // LAYERS_IN_A_ROW)
    size = (1.6 * columns, 3.6 * (blocks + 1) + 0.4)
    figure, axes = plt.subplots(2 * (blocks + 1), columns, figsize=size, layout="constrained")
    for ax in axes.flat:
        ax.set_axis_off()
    of_layers = axes[:-2].reshape(blocks, 2, columns).swapaxes(0, 1).reshape(2, -1)
    plot.layers(scene.image, every, of_layers[:, :count], whole=scene.whole)
    plot.image(scene.image, axes[-2, 0], title="the image")
    plot.layers(scene.image, top, axes[-2:, 1 : 1 + len(top.layers)], whole=scene.whole)
    what = "map" if scene.select == "map" else "unit"
    title = f"the strongest {what} of each layer; at the bottom, the strongest maps of {scene.layers[-1]}"
    width = int(11 * figure.get_figwidth())  # letters that fit into it
    figure.suptitle(wrapped(scene.title(title), width), fontsize="medium")
    figure.supxlabel(wrapped(LAYERS_CAPTION, int(1.2 * width)), fontsize="small")
    drawn = "whole_map_" if scene.select == "map" else "whole_" * scene.whole
    scene.save(axes, f"{drawn}layers", of_image=True)
    return prefixed("layers", _flat(every)) | prefixed("top", _flat(top))


def _flat(result: LayerProjections) -> dict[str, Any]:
    return {"layers": result.layers, "feature_maps": result.feature_maps, **result.projection._asdict()}


def _maps(scene: _Scene) -> dict[str, Any]:
    arrays: dict[str, Any] = {}
    for layer in scene.layers:
        every = feature_maps(scene.network, scene.image, layer)
        count = len(every.maps)
        chosen = np.sort(np.argsort(-every.maps.max(axis=(1, 2)), kind="stable")[:MOST])
        result = FeatureMaps(every.maps[chosen], every.silent[chosen])
        which = f"its {count} maps" if len(chosen) == count else f"the strongest {MOST} of its {count} maps"
        title = scene.title(f"{layer}: {which}; crossed out: silent")
        axes = plot.feature_maps(result, feature_maps=_if_some(chosen, count), title=title)
        scene.save(axes, f"maps_{layer}", of_image=True)
        arrays |= {f"maps_{layer}": result.maps, f"maps_{layer}_feature_maps": chosen}
    return arrays


def _if_some(numbers: Array, count: int) -> Array | None:
    """Return the numbers of the maps that are shown, or None if they are all."""
    return numbers if len(numbers) < count else None


def _rules(scene: _Scene) -> dict[str, Any]:
    layer, feature_map = scene.unit
    result = compare_rules(scene.network, scene.image, layer, feature_map)
    axes = plot.rules(scene.image, result)
    title = scene.title(f"{layer}, map {feature_map}: its strongest unit, projected by each rule")
    axes[0].figure.suptitle(title, fontsize="medium")
    scene.save(axes, f"rules_{layer}_map{feature_map}", of_image=True)
    named = {name: array for name, array in result._asdict().items() if name != "unit"}
    return prefixed("rules", named) | prefixed("rules_unit", result.unit._asdict())


def _mistakes(scene: _Scene) -> dict[str, Any]:
    outputs = answer_shape(scene.network, scene.image.shape)
    if len(outputs) != 1:
        print(f"no mistakes to draw: {scene.network.name} ends in feature maps, and has no classes")
        return {}
    if scene.dataset.labels is None:
        print("no mistakes to draw: the photos have no labels")
        return {}
    result = find_mistakes(scene.network, scene.dataset, k=MISTAKES_SHOWN, workers=scene.workers)
    classes, subject = scene.dataset.classes, plot.literal(f"{scene.network.name} on {scene.dataset.name}")
    arrays = prefixed("mistakes", result._asdict())
    if len(classes) <= CONFUSION_CLASSES:
        scene.save(plot.confusion(result.confusion, classes, title=subject), "confusion")
    else:
        print(f"no confusion matrix: {len(classes):,} classes are more than {CONFUSION_CLASSES}")
        del arrays["mistakes_confusion"]
    if len(result.image_indices):
        axes = plot.mistakes(scene.dataset.images[result.image_indices], result, classes)
        title = f"{subject}: the most confident mistakes, and what misled the network, by the rule deconv"
        axes[0, 0].figure.suptitle(title, fontsize="medium")
        scene.save(axes, "mistakes")
    else:
        print("no mistakes to draw")
    return arrays


def _filters(scene: _Scene) -> dict[str, Any]:
    first = first_filters(scene.network)
    name = plot.literal(scene.network.name)
    scene.save(plot.filters(first, title=f"{name}: the {len(first)} filters of the first layer"), "filters")
    arrays: dict[str, Any] = {"filters": first}
    images, deeper = scene.dataset.images, scene.layers[1:]
    if not deeper:
        return arrays
    shape = images.shape[1:]
    counts = [map_count(scene.network, layer, shape) for layer in deeper]
    costs = [prod(patch_size(scene.network, layer, shape)) for layer in deeper]
    most = affordable_maps(counts, costs, PIXELS)
    print(f"searching {len(images):,} images for the strongest of each deeper map", flush=True)
    for layer, found in find_strongest(scene.network, images, deeper, k=1, workers=scene.workers).items():
        maps, count = most_active(found, most), len(found.firing)
        patches = find_patches(
            scene.network, images, layer, found=found, feature_maps=maps, workers=scene.workers
        )
        which = "each map" if len(maps) == count else f"each of the {len(maps)} most active of {count} maps"
        title = f"{name}, {layer}: the strongest projection of {which}; crossed out: dead, firing on no image"
        numbers = _if_some(maps, count)
        axes = plot.strongest_projections(patches, found, feature_maps=numbers, title=title)
        scene.save(axes, f"filters_{layer}")
        arrays |= {
            f"filters_{layer}": patches.projections[:, 0],
            f"filters_{layer}_image_indices": found.image_indices[maps, 0],
            f"filters_{layer}_feature_maps": maps,
        }
    return arrays
