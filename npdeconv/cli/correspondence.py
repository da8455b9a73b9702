"""`npdeconv correspondence`: does hiding the same part of different images change the same features?

Hides parts of images (the paper's table 1), and compares the signs of the features' changes between the
images of each group, beside those of boxes of the same size at random places. Drawn digits (--data strokes)
know their parts: start, end, crossing and loop of the pen's way. For photos, --parts names a table with the
columns image, part, top, left, height, width, in pixels; random boxes lie in the part `object`, if it has
one. Prints a table, and writes a figure (.png), the table (.csv) and the raw arrays (.npz).
"""

import argparse
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from npdeconv import plot
from npdeconv._checks import did_you_mean
from npdeconv._files import write_table
from npdeconv._text import visible
from npdeconv._types import Array
from npdeconv.anatomy.roles import shown_layers
from npdeconv.cli.datasets import check_takes, data_name
from npdeconv.cli.figures import Results, file_stem
from npdeconv.cli.networks import Loaded, load_network
from npdeconv.cli.options import LAYERS_HELP, add_network, add_results, at_least, share
from npdeconv.cli.parser import Parser
from npdeconv.data import Dataset, load_part_boxes, load_stroke_parts
from npdeconv.data.classes import list_names
from npdeconv.experiments import only_classes, t_interval
from npdeconv.layers import Sequential
from npdeconv.visualize import Correspondence, correspondence

COLUMNS = (
    *("layer", "rectified", "features", "part", "sum", "mean", "spread", "changed", "random mean"),
    *("spread over draws", "random changed", "difference", "its spread", "lower draws"),
)
DIGITS = 2000  # that are searched for those with the parts
OBJECT = "object"
GROUP = 5  # dogs in the paper


def add(parser: Parser) -> None:
    """Declare the options."""
    add_network(parser, split=False)
    option = parser.add_argument
    option("--parts", metavar="FILE", help="table (.csv) of boxes, for a folder of photos")
    option(
        "--part",
        nargs="+",
        metavar="NAME",
        help="which parts; start and end of digits, or all of the table, if not given",
    )
    share(parser, "--classes", "; of digits; all if not given")
    share(parser, "--layers", LAYERS_HELP)
    share(parser, "--count", " of digits, at most", type=at_least(2), default=100)
    option(
        "--group",
        type=at_least(2),
        metavar="N",
        help=f"images to compare with each other; {GROUP} digits of one class, or all photos, if not given",
    )
    share(parser, "--draws", ": random boxes of each part", default=20)
    option(
        "--side", type=at_least(1), default=7, metavar="PIXELS", help="of the squares around points of digits"
    )
    option(
        "--aligned",
        action="store_true",
        help="random boxes at the same place in all images of a group, as parts of aligned objects are",
    )
    share(parser, "--fill", " the parts")
    share(parser, "--seed")
    add_results(parser, "correspondence")


class Parts(NamedTuple):
    """Images and the boxes of their parts."""

    dataset: Dataset
    boxes: Mapping[str, Array]
    within: Array | None
    group_size: int


def run(options: argparse.Namespace) -> None:
    """Hide, compare, draw, and print the table."""
    out = Results(options)
    loaded = load_network(options)
    network = loaded.network
    found = _of_table(loaded, options) if options.parts is not None else _of_digits(loaded, options)
    check_takes(network, found.dataset)
    result = correspondence(
        network,
        found.dataset.images,
        options.layers or shown_layers(network),
        parts=found.boxes,
        within=found.within,
        group_size=found.group_size,
        draws=options.draws,
        aligned=options.aligned,
        fill=options.fill,
        rng=np.random.default_rng(options.seed),
        workers=options.workers,
        progress=True,
    )
    groups = result.distance.shape[2]
    where = "the whole image" if found.within is None else "the box of the object"
    alike = ", at one place in a group" if options.aligned else ""
    print(
        f"{network.name}, {visible(found.dataset.name)}: {groups} group{'s' * (groups > 1)} of"
        f" {found.group_size} images, hidden by {options.fill};"
        f" {options.draws} random boxes of the same size in {where}{alike}"
    )
    rows = list(_rows(network, result))
    aligned = "aligned" if options.aligned else None
    stem = file_stem("correspondence", network.name, *result.parts, options.fill, aligned, split="test")
    axes = plot.correspondence(found.dataset.images, result)
    title = plot.literal(f"{network.name}: the same part of different images, hidden by {options.fill}")
    axes[0, 0].figure.suptitle(title, fontsize="medium")
    paths = (
        out.figure(axes, stem),
        out.arrays(stem, result._asdict()),
        write_table(out.place(f"{stem}.csv"), COLUMNS, rows),
    )
    _print(rows, "groups" if groups > 1 else "images")
    print(*paths, sep="\n")


def _of_digits(loaded: Loaded, options: argparse.Namespace) -> Parts:
    """Draw digits, and take those that have all the parts, by groups of one class."""
    if data_name(loaded, options.data) != "strokes":
        raise ValueError("--data: expected strokes, whose parts are known, or --parts, a table of boxes")
    digits, boxes = load_stroke_parts(DIGITS, options.seed, side=options.side)
    boxes = _chosen(boxes, options.part or ("start", "end"))
    if options.classes is not None:
        wanted = only_classes(digits, options.classes).classes
        usable = np.isin(digits.labels_for("strokes"), [digits.classes.index(name) for name in wanted])
    else:
        usable = np.ones(len(digits), dtype=bool)
    for of_part in boxes.values():
        usable &= of_part[:, 1] > 0
    size = options.group or GROUP
    images = _grouped(digits.labels_for("strokes"), np.flatnonzero(usable), size)
    images = images[: options.count // size * size]
    if not images:
        raise ValueError(
            f"--part: expected {size} digits of one class with {list_names(list(boxes))},"
            f" there are fewer among {DIGITS:,}"
        )
    shown = digits[images]
    if loaded.preprocessing is not None and loaded.network.input_shape != shown.images.shape[1:]:
        raise ValueError(f"--data: {loaded.network.name} takes no images of 28x28x1, as strokes are")
    return Parts(shown, {name: part[images] for name, part in boxes.items()}, _ink(shown.images), size)


def _of_table(loaded: Loaded, options: argparse.Namespace) -> Parts:
    """Load the photos and the boxes of a table."""
    dataset, boxes = load_part_boxes(options.parts, data_name(loaded, options.data), loaded.fitting())
    within = boxes.pop(OBJECT, None)
    return Parts(dataset, _chosen(boxes, options.part or tuple(boxes)), within, options.group or len(dataset))


def _chosen(boxes: Mapping[str, Array], names: Sequence[str]) -> dict[str, Array]:
    for name in names:
        if name not in boxes:
            known = list_names(list(boxes))
            raise KeyError(f"--part: no part {name!r}{did_you_mean(name, boxes)}; the parts are {known}")
    return {name: boxes[name] for name in names}


def _grouped(labels: Array, images: Array, size: int) -> list[int]:
    """Put images into whole groups of one class, in the order in which these are complete."""
    waiting: dict[int, list[int]] = {}
    done: list[int] = []
    for image in images.tolist():
        group = waiting.setdefault(int(labels[image]), [])
        group.append(image)
        if len(group) == size:
            done += waiting.pop(int(labels[image]))
    return done


def _ink(images: Array) -> Array:
    """Return the boxes of what is not black, int (N, 4)."""
    found = []
    for image in images.max(axis=3):
        rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
        found.append([rows[0], rows[-1] + 1, columns[0], columns[-1] + 1])
    return np.array(found)


def _rows(network: Sequential, result: Correspondence) -> Iterable[Sequence[Any]]:
    for n, p in np.ndindex(result.mean.shape[:2]):
        layer, mean, chance = result.layers[n], result.mean[n, p], result.random_mean[n, p]
        by_draw = chance.mean(axis=1)
        several = len(mean) > 1
        numbers = (
            result.total[n, p].mean(),
            mean.mean(),
            t_interval(mean).half if several else result.distance[n, p, 0].std(ddof=1),
            result.changed[n, p].mean(),
            by_draw.mean(),
            by_draw.std(ddof=1) if len(by_draw) > 1 else float("nan"),
            result.random_changed[n, p].mean(),
            (mean - chance.mean(axis=0)).mean(),
            t_interval(mean - chance.mean(axis=0)).half if several else float("nan"),
        )
        rectified = "after" if network[layer].rectifies else "-"
        lower = int((by_draw < mean.mean()).sum())
        yield (
            layer,
            rectified,
            result.features[n],
            result.parts[p],
            *(round(float(x), 6) for x in numbers),
            lower,
        )


def _print(rows: Sequence[Sequence[Any]], over: str) -> None:
    kind = "half its 95 % interval" if over == "groups" else "standard deviation"
    print(
        f"mean over pairs ± {kind} over {over}; random ± standard deviation over draws;"
        " lower: draws with a lower mean"
    )
    print(
        f"{'layer':<24}{'part':<12}{'features':>9}{'sum':>9}{'mean':>16}{'changed':>9}{'random':>16}{'changed':>9}"
        f"{'difference':>18}{'lower':>7}"
    )
    for layer, rectified, features, part, *numbers, lower in rows:
        total, mean, apart_by, changed, chance, by_draw, its, difference, half = map(float, numbers)
        name = f"{layer} (rectified)" if rectified == "after" else layer
        print(
            f"{visible(name):<24}{visible(part):<12}{features:>9,}{total:>9.3f}"
            f"{_spread(mean, apart_by):>16}{changed:>9.1%}"
            f"{_spread(chance, by_draw):>16}{its:>9.1%}{_spread(difference, half, '+.4f'):>18}{lower:>7}"
        )


def _spread(value: float, half: float, form: str = ".4f") -> str:
    return f"{value:{form}}" + ("" if np.isnan(half) else f" ± {half:.4f}")
