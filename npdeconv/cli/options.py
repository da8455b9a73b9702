"""Options and choices that several commands share."""

import argparse
import json
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from npdeconv import models, weights
from npdeconv.data import Dataset, load_folder, load_mnist, load_rps, load_strokes
from npdeconv.layers import MaxPool2D, ReLU, Sequential

STROKES = {"train": (20_000, 0), "test": (2_000, 1)}  # number of digits, seed

Split: TypeAlias = Literal["train", "test"]

DATA_HELP = "mnist, rps, strokes (drawn, needs no files), or a folder of class folders"


class _HelpFormatter(argparse.ArgumentDefaultsHelpFormatter):
    """Shows the defaults that say something."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        says_nothing = action.default is None or action.default is False
        return action.help if says_nothing else super()._get_help_string(action)


def add_command(commands: Any, name: str, run: Any, *, summary: str, description: str) -> Any:
    """Add a command's parser."""
    parser = commands.add_parser(
        name,
        help=summary,
        description=description,
        formatter_class=_HelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def add_model(parser: Any) -> None:
    """Add the positional MODEL."""
    parser.add_argument("model", metavar="MODEL", help=f"one of {', '.join(models.names())}")


def add_network(parser: Any) -> None:
    """Add the positional NETWORK, and what goes with it: --weights, --data, --split."""
    option = parser.add_argument
    option("network", metavar="NETWORK", help="folder of a training run, or a model's name with --weights")
    option("--weights", metavar="FILE", help=".npz or Keras .h5 file; of a run, its weights.npz if not given")
    option("--data", metavar="SET", help=f"{DATA_HELP}; the run's if not given")
    option("--split", choices=get_args(Split), default="test", help="part of the data set")


def add_seed(parser: Any) -> None:
    """Add --seed."""
    parser.add_argument("--seed", type=_seed, default=0, metavar="N", help="all randomness follows from it")


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a number that is not negative, got {text!r}")
    return int(text)


def add_workers(parser: Any) -> None:
    """Add --workers."""
    parser.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="threads; the results are the same for any number (default: one per core)",
    )


def load_data(name: str, split: Split, network: Sequential) -> Dataset:
    """Load a data set by what --data says, at the size that the network takes."""
    if name == "strokes":
        return load_strokes(*STROKES[split])
    if name == "mnist":
        return load_mnist(split)
    height, width, _ = network.input_shape or (300, 300, 3)
    if name == "rps":
        return load_rps(split, (height, width))
    folder = Path(name)
    if not folder.is_dir():
        raise FileNotFoundError(f"--data: expected {DATA_HELP}; there is no folder {name!r}")
    return load_folder(folder / split if (folder / split).is_dir() else folder, (height, width))


def shown_layers(network: Sequential) -> list[str]:
    """Return the layers whose maps are worth looking at: after each rectifier and pooling."""
    return [name for name, layer in network.layers.items() if isinstance(layer, ReLU | MaxPool2D)]


def load_network(source: str, file: str | None) -> tuple[Sequential, str | None]:
    """Load a trained network, and the name of the data it was trained on.

    `source` is the folder of a run, or a model's name with its weights in `file`.
    """
    rng = np.random.default_rng(0)  # the initial weights are replaced
    if source in models.names():
        if file is None:
            raise ValueError(f"{source}: --weights must name the .npz or .h5 file to look into")
        network = models.build(source, rng=rng)
        read = weights.load_keras if Path(file).suffix in (".h5", ".hdf5") else weights.load
        read(network, file)
        return network, None
    name, dataset = _read_config(Path(source))
    network = models.build(name, rng=rng)
    weights.load(network, file or Path(source) / "weights.npz")
    return network, dataset


def _read_config(run: Path) -> tuple[str, str]:
    """Return the model's name and the data's from a run's settings."""
    path = run / "config.json"
    if not path.is_file():
        raise FileNotFoundError(
            f"{run}: expected the folder of a training run or one of {', '.join(models.names())}"
        )
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        return str(config["network"]), str(config["dataset"]["name"]).split(" ")[0]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ValueError(f"{path}: expected the settings of a training run") from None
