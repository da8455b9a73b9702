"""`npdeconv maximize`: which images excite a unit, or a class, most?

Makes images from noise by gradient ascent, and writes them as a figure (.png), the growth of the units'
activations (_ascent.png), the raw arrays (.npz) and, on request, an animation of the ascent. Prints and
draws what the network takes them for, and how sure it is. With --fool, changes an image as little as
possible until the network takes it for a class. For the names of layers, see `npdeconv info NETWORK`.
"""

import argparse
from collections.abc import Sequence
from dataclasses import fields
from typing import get_args

import numpy as np

from npdeconv import plot
from npdeconv._text import visible
from npdeconv._types import Array
from npdeconv.anatomy import map_count
from npdeconv.anatomy.roles import answer_shape, logits_layer
from npdeconv.cli import fooling
from npdeconv.cli.animation import Format, save_animation
from npdeconv.cli.figures import Results, file_stem, listed
from npdeconv.cli.networks import load_network
from npdeconv.cli.options import (
    add_network,
    add_results,
    at_least,
    check_range,
    class_numbers,
    number,
    share,
)
from npdeconv.cli.parser import Parser
from npdeconv.inference import class_names, predict
from npdeconv.layers import Sequential
from npdeconv.visualize import Aim, Regularizers, maximize_activation

UNITS = 10  # by default
STEPS, RATE = 200, 0.05
DEFAULTS = Regularizers()
HELD = tuple(field.name for field in fields(Regularizers))


def add(parser: Parser) -> None:
    """Declare the options."""
    add_network(parser, data=False)
    share(parser, "--layer", "; the one that the classes are read from if not given")
    share(parser, "--map", f"; the first {UNITS} if not given", nargs="+")
    share(parser, "--classes", "; instead of maps of a layer")
    share(
        parser,
        "--select",
        ": center (the one in the middle), mean (of the whole map), or ROW COLUMN of one",
        default=("center",),
    )
    share(parser, "--steps", default=STEPS)
    option = parser.add_argument
    option("--rate", type=number, default=RATE, metavar="X", help="how far pixels move in a step; white is 1")
    option(
        "--background", type=number, metavar="X", help="brightness, 0 to 1; black for gray images, else 0.5"
    )
    _add_regularizers(parser)
    fooling.add(parser)
    share(parser, "--animate", "; none if not given", choices=get_args(Format))
    option("--frames", type=at_least(2), default=40, metavar="N", help="of the animation")
    share(parser, "--seed")
    add_results(parser, "maximized")


def _add_regularizers(parser: Parser) -> None:
    group = parser.add_argument_group(
        "regularizers", "they keep the images from becoming noise; 0 turns one off"
    )
    explained = {
        "decay": "share of its contrast that the image loses in each step",
        "blur": "pixels by which the image is blurred (standard deviation)",
        "jitter": "share of the receptive field by which the image is shifted at random",
        "small_norm": "share of the pixels, those of least contrast, that lose it in each step",
        "small_contribution": "share of the pixels, those that contribute least, that lose contrast",
    }
    for name, words in explained.items():
        option, default = f"--{name.replace('_', '-')}", getattr(DEFAULTS, name)
        group.add_argument(option, type=number, default=default, metavar="X", help=words)
    group.add_argument(
        "--blur-every",
        type=at_least(1),
        default=DEFAULTS.blur_every,
        metavar="N",
        help="steps from one blur to the next",
    )


def run(options: argparse.Namespace) -> None:
    """Climb, or fool, and print the results and where the files are."""
    out = Results(options)
    loaded = load_network(options)
    if options.fool is None:
        _climb(options, loaded.network, out)
        return
    if not (options.classes is options.map is options.layer is None):
        raise ValueError("--fool: expected no --classes, --layer or --map beside it")
    fooling.run(options, loaded, out)


def _climb(options: argparse.Namespace, network: Sequential, out: Results) -> None:
    names_classes = options.layer is None
    if options.classes is not None and (options.map is not None or not names_classes):
        raise ValueError("--classes: expected no --layer or --map beside it")
    layer = options.layer or logits_layer(network)
    if network.input_shape is None:
        raise ValueError(f"{network.name}: expected a network with an input shape")
    count = map_count(network, layer, network.input_shape)
    maps = _maps(options, count, layer, network)
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
    seen = _seen(network, result.pixels, options.workers)
    captions = [f"{name}\n{answer}" if answer else name for name, answer in zip(names, seen, strict=True)]
    stem, subject = _stem(options, layer), plot.literal(f"{network.name}: {layer}")
    title = f"what excites {subject} most, after {options.steps} steps up from noise"
    paths = [
        out.figure(plot.maximized(result, titles=captions, title=title), stem),
        out.figure(
            plot.ascents(result, titles=names, title=f"how activations of {subject} grew"), f"{stem}_ascent"
        ),
    ]
    if options.animate:
        ending = "gif" if options.animate == "gif" else "apng.png"
        paths.append(save_animation(result.frames, out.place(f"{stem}.{ending}"), options.animate))
    paths.append(out.arrays(stem, {"feature_maps": np.array(maps), **result._asdict()}))
    for name, answer, first, last in zip(names, seen, *result.activation[[0, -1]], strict=True):
        text = f"{layer}, {visible(name)}: activation {first:.4g} on noise, {last:.4g} in the end"
        print(f"{text}; {visible(answer)}" if answer else text)
    print(*paths, sep="\n")


def _seen(network: Sequential, pixels: Array, workers: int | None) -> list[str]:
    """Say what the network takes each image for, and how sure it is; nothing if it has no classes."""
    shape = answer_shape(network, pixels.shape[1:])
    if len(shape) != 1 or shape == (1,):
        return [""] * len(pixels)
    names = class_names(network, shape[0])
    rows = predict(network, pixels, workers=workers)
    return [f"seen as {names[int(row.argmax())]} ({row.max():.1%})" for row in rows]


def _maps(options: argparse.Namespace, count: int, layer: str, network: Sequential) -> Sequence[int]:
    """Return the chosen maps, or the classes."""
    if options.classes is not None:
        return class_numbers("--classes", options.classes, network, count)
    if options.map is None:
        return range(min(UNITS, count))
    check_range("--map", options.map, count, f"layer {layer!r} has the maps")
    return options.map


def _select(words: Sequence[str]) -> Aim:
    if tuple(words) == ("center",):
        return "center"
    if tuple(words) == ("mean",):
        return "mean"
    if len(words) == 2 and all(word.isdecimal() for word in words):
        return int(words[0]), int(words[1])
    raise ValueError(f"--select: expected center, mean or two numbers, got {' '.join(words)!r}")


def _stem(options: argparse.Namespace, layer: str) -> str:
    """Name the file by the layer, the units and the options that differ from their defaults."""
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
    words = [word.casefold().replace("_", "").replace(" ", "") for word in options.classes or ()]
    chosen = f"class{'-'.join(words)}" if words else listed("map", options.map)
    place = None if tuple(options.select) == ("center",) else "-".join(options.select)
    return file_stem(layer, chosen, place, *changed, f"seed{options.seed}", split="test")
