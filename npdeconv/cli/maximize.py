"""`npdeconv maximize`: what does a unit, or a class, want to see?"""

import argparse
from collections.abc import Sequence
from dataclasses import fields
from typing import Any, get_args

import numpy as np

from npdeconv import plot
from npdeconv._text import visible
from npdeconv.anatomy import map_count
from npdeconv.anatomy.roles import logits_layer
from npdeconv.cli.animation import Format, save_animation
from npdeconv.cli.figures import Results, add_out, file_stem
from npdeconv.cli.options import (
    add_command,
    add_seed,
    add_weights,
    add_workers,
    at_least,
    check_range,
    class_numbers,
    number,
)
from npdeconv.cli.subjects import load_subject
from npdeconv.layers import Sequential
from npdeconv.visualize import Aim, Regularizers, maximize_activation

UNITS = 10  # so many unless told otherwise
STEPS, RATE = 200, 0.05
DEFAULTS = Regularizers()
HELD = tuple(field.name for field in fields(Regularizers))


def add(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "maximize",
        run,
        summary="make images that excite a unit or a class most, from noise",
        description="Climbs the gradient of units in the pixels, from noise, and writes the images that "
        "excite them most as a figure (.png), how their activations grew (_ascent.png), the raw arrays "
        "(.npz) and, on request, an animation of the way. Feature maps and classes count from 0; see "
        "`npdeconv info MODEL` for the names of layers.",
    )
    option = parser.add_argument
    option(
        "network",
        metavar="NETWORK",
        help="folder of a training run, a model's name with --weights, or the card (.json) of a pretrained "
        "network",
    )
    add_weights(parser)
    option(
        "--layer", metavar="NAME", help="such as relu2; the one that the classes are read from if not given"
    )
    option(
        "--map",
        nargs="+",
        dest="maps",
        metavar="N",
        help=f"feature maps, or classes, by number or by name; the first {UNITS} if not given",
    )
    option(
        "--select",
        nargs="+",
        default=("center",),
        metavar="WHAT",
        help="center (the map's unit in the middle), mean (of the whole map), or ROW COLUMN of one",
    )
    option("--steps", type=at_least(1), default=STEPS, metavar="N", help="steps up")
    option("--rate", type=number, default=RATE, metavar="X", help="how far pixels move in a step; white is 1")
    option(
        "--background", type=number, metavar="X", help="brightness, 0 to 1; black for gray images, else 0.5"
    )
    _add_regularizers(parser)
    option("--animate", choices=get_args(Format), help="also write an animation")
    option("--frames", type=at_least(2), default=40, metavar="N", help="of the animation")
    add_seed(parser)
    add_out(parser, "maximized")
    add_workers(parser)


def _add_regularizers(parser: Any) -> None:
    group = parser.add_argument_group(
        "regularizers", "what keeps the images from becoming noise; 0 turns one off"
    )
    explained = {
        "decay": "share of its contrast that the image loses in each step",
        "blur": "pixels by which the image is blurred (standard deviation)",
        "jitter": "share of what the unit sees by which the image is moved at random",
        "small_norm": "share of the pixels, those of least contrast, that lose it in each step",
        "small_contribution": "likewise, those that the unit would miss least",
    }
    for name, words in explained.items():
        option, default = f"--{name.replace('_', '-')}", getattr(DEFAULTS, name)
        group.add_argument(option, type=number, default=default, metavar="X", help=words)
    every = {"type": at_least(1), "default": DEFAULTS.blur_every, "metavar": "N"}
    group.add_argument("--blur-every", **every, help="steps from one blur to the next")


def run(options: argparse.Namespace) -> None:
    """Climb, draw, and print the activations and where the files are."""
    out = Results(options)
    network = load_subject(options).network
    names_classes = options.layer is None
    layer = options.layer or logits_layer(network)
    if network.input_shape is None:
        raise ValueError(f"{network.name}: expected a network with an input shape")
    count = map_count(network, layer, network.input_shape)
    maps = _maps(options.maps, count, layer, network if names_classes else None)
    held = {name: getattr(options, name) for name in HELD}
    regularizers, select = Regularizers(**held), _select(options.select)
    result = maximize_activation(
        network,
        layer,
        maps,
        select=select,
        steps=options.steps,
        rate=options.rate,
        regularizers=regularizers,
        background=options.background,
        frames=min(options.frames, options.steps + 1) if options.animate else 0,
        rng=np.random.default_rng(options.seed),
        workers=options.workers,
        progress=True,
    )
    kind = "class" if names_classes else "map"
    classes = network.classes if names_classes else None
    names = [f"{kind} {m}" if classes is None else classes[m] for m in maps]
    stem, whose = _stem(options, layer), plot.literal(f"{network.name}: {layer}")
    title = f"what excites {whose} most, after {options.steps} steps up from noise"
    paths = [
        out.figure(plot.maximized(result, titles=names, title=title), stem),
        out.figure(
            plot.ascents(result, titles=names, title=f"how activations of {whose} grew"), f"{stem}_ascent"
        ),
    ]
    if options.animate:
        ending = "gif" if options.animate == "gif" else "apng.png"
        paths.append(save_animation(result.frames, out.place(f"{stem}.{ending}"), options.animate))
    paths.append(out.arrays(stem, {"feature_maps": np.array(maps), **result._asdict()}))
    for name, first, last in zip(names, result.activation[0], result.activation[-1], strict=True):
        print(f"{layer}, {visible(name)}: activation {first:.4g} on noise, {last:.4g} in the end")
    print(*paths, sep="\n")


def _maps(words: Sequence[str] | None, count: int, layer: str, network: Sequential | None) -> list[int]:
    """Return the maps that were asked for by number, or, of a network's classes, by name."""
    if words is None:
        return list(range(min(UNITS, count)))
    if network is not None:
        return class_numbers("--map", words, network, count)
    for word in words:
        if not word.isdecimal():
            raise ValueError(f"--map: expected the number of a map of layer {layer!r}, got {word!r}")
    maps = [int(word) for word in words]
    check_range("--map", maps, count, f"layer {layer!r} has the maps")
    return maps


def _select(words: Sequence[str]) -> Aim:
    if tuple(words) == ("center",):
        return "center"
    if tuple(words) == ("mean",):
        return "mean"
    if len(words) == 2 and all(word.isdecimal() for word in words):
        return int(words[0]), int(words[1])
    raise ValueError(f"--select: expected center, mean or two numbers, got {' '.join(words)!r}")


def _stem(options: argparse.Namespace, layer: str) -> str:
    """Name what tells this from other images of the same units: all that is not as if not given."""
    usual = {name: getattr(DEFAULTS, name) for name in HELD} | {
        "steps": STEPS,
        "rate": RATE,
        "background": None,
    }
    changed = [
        f"{name.replace('_', '-')}{getattr(options, name):g}"
        for name, value in usual.items()
        if getattr(options, name) != value
    ]
    maps = (
        None
        if options.maps is None
        else "map" + "-".join(word.casefold().replace("_", "").replace(" ", "") for word in options.maps)
    )
    place = None if tuple(options.select) == ("center",) else "-".join(options.select)
    return file_stem(layer, maps, place, *changed, f"seed{options.seed}", split="test")
