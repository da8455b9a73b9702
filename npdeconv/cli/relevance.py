"""`npdeconv relevance`: which maps predict what matters to the network, and which only look so?

Asks of the projections of every rule, of occlusion, class maps, a random map and an edge filter: does the
class (or a feature map's strongest unit) come back early as pixels are inserted by falling relevance,
does it go early as they are deleted, does the map account for random changes, is it steady, and does
it agree with occlusion? Prints one table with 95 % intervals over the images, and writes the curves and
maps of one image as figures (.png), all numbers as a table (.csv) and the raw arrays (.npz). Each finished
kind of map is kept, and found again.
"""

import argparse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, get_args

import numpy as np
from tqdm import tqdm

from npdeconv import plot
from npdeconv._files import write_table
from npdeconv._progress import progress_bar
from npdeconv._text import visible
from npdeconv._types import Array, Rule, Shape
from npdeconv.anatomy import map_count, two_classes
from npdeconv.anatomy.roles import logits_layer
from npdeconv.cli.datasets import load_data
from npdeconv.cli.figures import Results, file_stem
from npdeconv.cli.networks import load_network
from npdeconv.cli.options import add_network, add_results, at_least, check_range, number, only, share
from npdeconv.cli.parser import Parser
from npdeconv.cli.top import prefixed
from npdeconv.experiments import t_interval
from npdeconv.experiments.finished_seeds import fingerprint, kept
from npdeconv.inference import predict
from npdeconv.layers import Sequential
from npdeconv.visualize import (
    InsertionDeletion,
    Occlusion,
    RelevanceConstants,
    RelevanceJudgment,
    blank_pixel,
    explainers,
    judge_relevance,
    project,
)
from npdeconv.visualize.faithfulness import Perturbation
from npdeconv.visualize.relevance import occlude_each

DEFAULTS = RelevanceConstants()
KEPT = [*InsertionDeletion._fields, *(name for name in RelevanceJudgment._fields if name != "curves")]
COLUMNS = ("insertion", "deletion", "infidelity", "unexplained", "sensitivity", "agreement")


def add(parser: Parser) -> None:
    """Declare the options."""
    add_network(parser)
    share(parser, "--images", "; instead of --count")
    share(parser, "--count", ": the first ones", default=20)
    share(parser, "--layer", "; the one that the classes are read from if not given")
    share(parser, "--map", "; of --layer")
    option = parser.add_argument
    pixels: dict[str, Any] = {"type": at_least(1), "metavar": "PIXELS"}
    option("--step", **pixels, help="inserted or deleted at once; one row's worth if not given")
    option(
        "--perturbations",
        choices=get_args(Perturbation),
        default=DEFAULTS.perturbations,
        help="what infidelity takes from images",
    )
    option(
        "--change-size",
        type=number,
        default=DEFAULTS.size,
        metavar="X",
        help="the square's side as a share of the image's, or the noise's standard deviation",
    )
    option("--changes", type=at_least(1), default=DEFAULTS.changes, metavar="N", help="for infidelity")
    option("--unscaled", action="store_true", help="infidelity of maps as they are, not at their best scale")
    option("--stride", **pixels, help="of the occluder, from one position to the next")
    share(parser, "--seed")
    add_results(parser, "relevance")


def run(options: argparse.Namespace) -> None:
    """Judge every map, draw, and print the table and where the files are."""
    if (options.layer is None) != (options.map is None):
        raise ValueError("--layer: expected it with --map, or neither, for the predicted classes")
    out = Results(options)
    loaded = load_network(options)
    network, wanted = two_classes(loaded.network), options.images
    choose = (
        (lambda count, name: range(min(options.count, count))) if wanted is None else only("--images", wanted)
    )
    dataset = load_data(loaded, options.data, options.split, choose)
    layer = options.layer or logits_layer(network)
    images, asked, subject = _question(network, dataset.images, layer, options)
    constants = RelevanceConstants(
        step=options.step,
        blank=blank_pixel(network),
        perturbations=options.perturbations,
        size=options.change_size,
        changes=options.changes,
        scaled=not options.unscaled,
        stride=options.stride,
    )
    _print_constants(constants, images)
    print(f"{'map':<11}" + "".join(f"{column:>26}" for column in COLUMNS))
    judgments = {}
    for name, judged in _judge_each(network, images, layer, asked, constants, options, out.place("maps")):
        judgments[name] = judged
        row = "".join(f"{_spread(values):>26}" for values in _numbers(judged).values())
        tqdm.write(f"{name:<11}{row}")
    stem = file_stem(
        "relevance",
        network.name,
        layer,
        None if options.map is None else f"map{options.map}",
        f"{len(images)}images",
        f"seed{options.seed}",
        split=options.split,
    )
    title = plot.literal(f"{network.name} on {dataset.name}: {subject}")
    arrays = {"images": images, "feature_maps": asked}
    for name, judged in judgments.items():
        numbers = {"insertion_curve": judged.curves.insertion, "deletion_curve": judged.curves.deletion}
        arrays |= prefixed(name.replace(" ", "_"), numbers | {"maps": judged.maps} | _numbers(judged))
    paths = (
        out.figure(
            plot.relevance_curves(judgments, title=f"{title}, means over {len(images)} images"),
            f"{stem}_curves",
        ),
        out.figure(plot.relevance_maps(images[0], judgments, title=f"{title}, one image"), f"{stem}_maps"),
        write_table(out.place(f"{stem}.csv"), ("map", "image", *COLUMNS), _rows(judgments)),
        out.arrays(stem, arrays),
    )
    print(*paths, sep="\n")


def _question(
    network: Sequential, images: Array, layer: str, options: argparse.Namespace
) -> tuple[Array, Array, str]:
    """Return the images to ask about, the class or map of each, and words for these."""
    if options.map is None:
        labels = predict(network, images, workers=options.workers).argmax(axis=1)
        return images, labels, "the predicted class"
    maps = map_count(network, layer, images.shape[1:])
    check_range("--map", options.map, maps, f"layer {layer!r} has the maps")
    silent = project(network, images, layer, options.map, workers=options.workers).silent
    subject = f"{layer} map {options.map}"
    if silent.all():
        raise ValueError(f"--map: expected one that fires on some image, {visible(subject)} is silent on all")
    if silent.any():
        print(f"{visible(subject)} is silent on {silent.sum()} of {len(images)} images, which are left out")
    return images[~silent], np.full(np.count_nonzero(~silent), options.map), f"{subject}, strongest unit"


def _judge_each(
    network: Sequential,
    images: Array,
    layer: str,
    asked: Array,
    constants: RelevanceConstants,
    options: argparse.Namespace,
    folder: Path,
) -> Iterator[tuple[str, RelevanceJudgment]]:
    """Judge every kind of map, each from its file if there is one."""
    seed, workers = options.seed, options.workers
    every = explainers(
        network, layer, stride=options.stride, rng=np.random.default_rng(seed), workers=workers
    )

    @cache
    def occlusions() -> tuple[Occlusion, ...]:
        return occlude_each(network, images, layer, asked, constants=constants, workers=workers)

    def judge(name: str) -> dict[str, Array]:
        judged = judge_relevance(
            network,
            images,
            layer,
            asked,
            explain=every[name],
            constants=constants,
            occlusions=occlusions(),
            rng=np.random.default_rng(seed),
            workers=workers,
        )
        whole = judged._asdict() | judged.curves._asdict()
        return {key: whole[key] for key in KEPT}

    made = fingerprint(network, images, layer, asked, constants, seed)
    count, height, width, channels = images.shape
    points = -(-height * width // (constants.step or width)) + 1
    for name in progress_bar(every, unit="map", delay=2, leave=False):
        shapes: dict[str, Shape] = dict.fromkeys(KEPT, (count,))
        shapes |= {"changed": (points,), "insertion": (count, points), "deletion": (count, points)}
        shapes["maps"] = (
            (count, height, width, channels) if name in get_args(Rule) else (count, height, width)
        )
        found = kept(folder, f"{name.replace(' ', '_')}_{made}", shapes, partial(judge, name))
        curves = InsertionDeletion(*(found[key] for key in InsertionDeletion._fields))
        rest = {key: found[key] for key in RelevanceJudgment._fields if key != "curves"}
        yield name, RelevanceJudgment(curves=curves, **rest)


def _print_constants(c: RelevanceConstants, images: Array) -> None:
    height, width = images.shape[1:3]
    blank = ", ".join(f"{value:.3g}" for value in np.ravel(c.blank))
    print(
        f"images: {len(images)} of {height}x{width}; insertion and deletion: {c.step or width} pixels a step,"
        f" blank is {blank} (black 0, white 1), blur {c.kernel}x{c.kernel} sigma {c.sigma:g}"
    )
    taken = (
        f"squares of {max(1, round(c.size * min(height, width)))} pixels"
        if c.perturbations == "square"
        else f"noise of {c.size:g}"
    )
    scale = "best scale of each map taken out" if c.scaled else "maps as they are"
    print(
        f"infidelity: {c.changes} {taken}, {scale}; unexplained: as a share of a map of zeros;"
        f" sensitivity: {c.draws} draws within ±{c.radius:g}"
    )


def _numbers(judged: RelevanceJudgment) -> dict[str, Array]:
    curves = judged.curves
    values = (
        curves.insertion_area,
        curves.deletion_area,
        judged.infidelity,
        judged.unexplained,
        judged.sensitivity,
        judged.agreement,
    )
    return dict(zip(COLUMNS, values, strict=True))


def _spread(values: Array) -> str:
    if len(values) < 2:
        return f"{values.mean():.3g}"
    mean, low, high = t_interval(values)
    return f"{mean:.3g} ({low:.3g} to {high:.3g})"


def _rows(judgments: Mapping[str, RelevanceJudgment]) -> Iterable[Sequence[Any]]:
    for name, judged in judgments.items():
        for image, row in enumerate(zip(*_numbers(judged).values(), strict=True)):
            yield name, image, *(f"{value:.6g}" for value in row)
