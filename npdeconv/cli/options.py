"""Options that several commands share, declared once."""

import argparse
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, get_args

import numpy as np

from npdeconv import models
from npdeconv._types import Shape
from npdeconv.anatomy import map_layers
from npdeconv.cli.datasets import PHOTOS, Choose, Split
from npdeconv.cli.networks import OF_FILES
from npdeconv.cli.parser import Parser
from npdeconv.data import class_number
from npdeconv.data.preprocessing import Channels
from npdeconv.inference import class_names
from npdeconv.layers import Sequential
from npdeconv.visualize import Fill, Select


@cache
def at_least(least: int) -> Callable[[str], int]:
    """Return what parses a whole number that is not below `least`."""

    def parse(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"expected a whole number, at least {least}, got {text!r}")
        return int(text)

    return parse


def number(text: str) -> float:
    """Parse a finite number that is not negative."""
    try:
        value = float(text)
    except ValueError:
        value = np.nan
    if not 0 <= value < np.inf:
        raise argparse.ArgumentTypeError(f"expected a number that is not negative, got {text!r}")
    return value


def size(text: str) -> tuple[int, int]:
    """Parse a height and a width, or one number for both."""
    if not re.fullmatch(r"[1-9][0-9]*(x[1-9][0-9]*)?", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"expected N or HxW in pixels, such as 224 or 240x320, got {text!r}")
    height, _, width = text.partition("x")
    return int(height), int(width or height)


def _of(metavar: str, words: str, **settings: Any) -> dict[str, Any]:
    return {"metavar": metavar, "help": words, **settings}


_FORMATS = ("png", "pdf", "svg")
_COUNT = {"type": at_least(1)}

SHARED: dict[str, dict[str, Any]] = {
    "--weights": _of("FILE", "weights: .npz, Keras, PyTorch or .safetensors; of a run, its own if not given"),
    "--model": _of(
        "MODEL", "what the layers are, where NETWORK is a file of weights, or a run of your own code"
    ),
    "--fold": {
        "action": "store_true",
        "help": "of files of PyTorch or Keras that do not say it: each batch normalization comes right behind"
        " the layer before it, below any activation",
    },
    "--input-size": _of(
        "N", "of an ONNX or Keras file that leaves it open: pixels of a side, or HxW", type=size
    ),
    "--input-mean": _of(
        "X",
        "of an ONNX or Keras file: what is subtracted from pixels, one number or red, green and blue; pixels"
        " are divided by 255 before, unless one is above 1",
        type=number,
        nargs="+",
    ),
    "--input-std": _of(
        "X", "of an ONNX or Keras file: what pixels are divided by then", type=number, nargs="+"
    ),
    "--input-channels": {
        "choices": get_args(Channels),
        "help": "of an ONNX or Keras file: the order of its channels",
    },
    "--class-names": _of(
        "FILE", "of an ONNX or Keras file: a table (.csv) of its classes, with a column name"
    ),
    "--data": _of("SET", f"data set: {PHOTOS}"),
    "--split": {"choices": get_args(Split), "help": "part of the data set"},
    "--image": _of("N", "image, by its place in the data set from 0", type=int),
    "--images": _of("N", "images, by their places in the data set from 0", type=int, nargs="+"),
    "--count": _of("N", "how many images", **_COUNT),
    "--test-count": _of("N", "test images", **_COUNT),
    "-k": _of("N", "how many", **_COUNT),
    "--classes": _of("CLASS", "classes, by name or number", nargs="+"),
    "--layer": _of("NAME", "layer, such as relu2"),
    "--layers": _of("NAME", "layers", nargs="+"),
    "--map": _of("N", "feature map, by its number from 0", type=int),
    "--select": _of("WHAT", "which units of a map", nargs="+"),
    "--epochs": _of("N", "passes over the images", **_COUNT),
    "--learning-rate": _of("X", "learning rate", type=number),
    "--shift": _of("PIXELS", "shift training images at random, by up to so many pixels", type=at_least(0)),
    "--steps": _of("N", "steps up from noise", **_COUNT),
    "--seeds": _of("N", "repetitions, with the seeds 0 to N - 1", **_COUNT),
    "--per-class": _of("N", "training images of each class", **_COUNT),
    "--limit": _of("N", "at most so many features of an image; maps are averaged over a grid", **_COUNT),
    "--draws": _of("N", "random draws for each image", **_COUNT),
    "--fill": {"choices": get_args(Fill), "default": "gray", "help": "what hides"},
    "--whole": {"action": "store_true", "help": "draw whole, not cropped to what a unit sees"},
    "--animate": {"help": "kind of animation"},
    "--verdict": {
        "action": "store_true",
        "help": "print how alike the pictures of random values and of random weights are, and what that"
        " means; it takes about three times as long, but once: a folder verdicts beside the results keeps it",
    },
    "--seed": _of("N", "all randomness follows from it", type=at_least(0), default=0),
    "--workers": _of(
        "N", "threads; the results are the same for any number (default: one per core)", **_COUNT
    ),
    "--out": _of("PATH", "where to write", type=Path),
    "--format": {"choices": _FORMATS, "help": "of figures; pdf and svg are sharp at any size"},
    "--dpi": _of("N", "dots per inch of figures", type=at_least(10)),
}
"""Options by name. A command may say more about its own, and give a default or how many values it takes."""


LAYERS_HELP = "; every ReLU and pooling, and the one that the classes are read from, if not given"


def share(parser: Any, name: str, more: str = "", **settings: Any) -> None:
    """Declare a shared option, with `more` after the help text that all commands share."""
    declared = SHARED[name] | settings
    parser.add_argument(name, **declared | {"help": declared["help"] + more})


def add_network(parser: Parser, *, data: bool = True, split: bool = True, **settings: Any) -> None:
    """Declare NETWORK, and what goes with it: --weights, --model, --fold, of files, --data, --split."""
    parser.add_argument(
        "network",
        metavar="NETWORK",
        help="folder of a training run, model's name with --weights, card (.json) of a pretrained network,"
        " ONNX file, Keras file with its model, or file of weights with --model",
        **settings,
    )
    for name in ("--weights", "--model", "--fold", *OF_FILES):
        share(parser, name)
    if data:
        share(parser, "--data", "; the run's if not given")
    if data and split:
        share(parser, "--split", default="test")


def add_results(parser: Parser, out: str) -> None:
    """Declare --out, --format, --dpi and --workers."""
    share(parser, "--out", ": a folder", default=Path(out))
    share(parser, "--format", default="png")
    share(parser, "--dpi", default=130)
    share(parser, "--workers")


def add_model(parser: Parser) -> None:
    """Declare the positional MODEL."""
    known = ", ".join(models.names())
    parser.add_argument(
        "model", metavar="MODEL", help=f"one of {known}, or FILE.PY:FUNCTION that builds your own"
    )


def first(most: int) -> Choose:
    """Return a `Choose` of the first images, at most so many."""
    return lambda count, _: range(min(count, most))


def evenly(most: int) -> Choose:
    """Return a `Choose` of images at even distances, at most so many."""
    return lambda count, _: [n * count // min(count, most) for n in range(min(count, most))]


def given_or_first(option: str, images: Sequence[int] | None, most: int) -> Choose:
    """Return a `Choose` of the given images, or of the first ones, at most so many."""
    return first(most) if images is None else only(option, images)


def only(option: str, images: Sequence[int]) -> Choose:
    """Return a `Choose` that makes `load_data` read these images alone, or refuse missing ones."""

    def choose(count: int, name: str) -> Sequence[int]:
        check_range(option, images, count, f"{name} has the images")
        return images

    return choose


def chosen_layer(given: str | None, network: Sequential, shape: Shape) -> str:
    """Return the value of --layer, or the last layer with feature maps of images of a shape."""
    if given is not None:
        return given
    found = map_layers(network, shape)
    if not found:
        raise ValueError(f"--layer: expected one, since {network.name} has no feature maps")
    return found[-1]


def check_range(option: str, values: int | Iterable[int], count: int, has: str) -> None:
    """Check indices that an option gave against the number of what there is."""
    for value in [values] if isinstance(values, int) else values:
        if not 0 <= value < count:
            raise IndexError(f"{option}: {has} 0 to {count - 1}, got {value}")


def check_whole(options: argparse.Namespace, *, one_position: bool = False) -> None:
    """Let --select map imply --whole, since a whole map sees the whole image.

    Raises
    ------
    ValueError
        For units that --select does not know; positions are not checked here.
    """
    if not one_position and tuple(options.select) not in (("strongest",), ("map",)):
        raise ValueError(f"--select: expected strongest or map, got {' '.join(options.select)!r}")
    options.whole = options.whole or tuple(options.select) == ("map",)


def add_whole(parser: Parser, what: str, *, one_position: bool = False) -> None:
    """Declare --whole and --select."""
    share(parser, "--whole", f": {what}")
    places = ", or ROW COLUMN of one" if one_position else ""
    share(
        parser,
        "--select",
        f": strongest (its largest activation), map (all of it){places}",
        default=("strongest",),
    )


def selected(words: Sequence[str], layer: str, shape: Shape) -> Select:
    """Return the units that --select names, of maps of a shape (OH, OW, F)."""
    if tuple(words) == ("strongest",):
        return "strongest"
    if tuple(words) == ("map",):
        return "map"
    try:
        row, column = (int(word) for word in words)
    except ValueError:
        raise ValueError(
            f"--select: expected strongest, map or two numbers, got {' '.join(words)!r}"
        ) from None
    height, width = shape[:2]
    if not (0 <= row < height and 0 <= column < width):
        raise IndexError(f"--select: the maps of layer {layer!r} are {height}x{width}, got {row} {column}")
    return row, column


def class_numbers(option: str, words: Sequence[str], network: Sequential, outputs: int) -> list[int]:
    """Return the classes that an option gave by name or by number."""
    names = class_names(network, outputs)
    return [class_number(word, names, option) for word in words]
