"""Options and choices that several commands share."""

import argparse
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from npdeconv import _files, models, weights
from npdeconv._types import Pair
from npdeconv.cli.pretrained import find_pretrained, prepare
from npdeconv.data import Dataset, load_cifar10, load_folder, load_mnist, load_rps, load_strokes
from npdeconv.inference import check_fits
from npdeconv.layers import Sequential

STROKES = {"train": (20_000, 0), "test": (2_000, 1)}  # number of digits, seed

Split: TypeAlias = Literal["train", "test"]

NAMED_SETS = ("mnist", "cifar10", "rps", "strokes")
SETS = f"{', '.join(NAMED_SETS)} (drawn, needs no files), or a folder of class folders"
DATA_HELP = f"{SETS}; its channels and number of classes must be the model's"
WEIGHTS_HELP = ".npz, Keras .h5, PyTorch .pth or .safetensors file; of a run, its weights.npz if not given"
LAYERS_HELP = "every ReLU and pooling, and the one that the classes are read from, if not given"


class _HelpFormatter(argparse.ArgumentDefaultsHelpFormatter):
    """Shows the defaults that say something."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        default = action.default
        if default is None or default is False or default == ():
            return action.help
        if isinstance(default, tuple):
            return f"{action.help} (default: {' '.join(map(str, default))})"
        return super()._get_help_string(action)


def add_command(commands: Any, name: str, run: Any, *, summary: str, description: str) -> Any:
    """Add a command's parser."""
    parser = commands.add_parser(
        name,
        help=summary,
        description=description,
        formatter_class=_HelpFormatter,
    )
    parser.set_defaults(run=run, parser=parser)
    return parser


def add_model(parser: Any) -> None:
    """Add the positional MODEL."""
    parser.add_argument("model", metavar="MODEL", help=f"one of {', '.join(models.names())}")


def add_network(parser: Any) -> None:
    """Add the positional NETWORK, and what goes with it: --weights, --data, --split."""
    option = parser.add_argument
    option(
        "network",
        metavar="NETWORK",
        help="folder of a training run, a model's name with --weights, or the card (.json) of a pretrained "
        "network",
    )
    option("--weights", metavar="FILE", help=WEIGHTS_HELP)
    option(
        "--data",
        metavar="SET",
        help=f"{DATA_HELP}, or a photo or a folder of photos for a pretrained one; the run's if not given",
    )
    option("--split", choices=get_args(Split), default="test", help="part of the data set")


def add_seed(parser: Any) -> None:
    """Add --seed."""
    parser.add_argument(
        "--seed", type=at_least(0), default=0, metavar="N", help="all randomness follows from it"
    )


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


def add_workers(parser: Any) -> None:
    """Add --workers."""
    parser.add_argument(
        "--workers",
        type=at_least(1),
        metavar="N",
        help="threads; the results are the same for any number (default: one per core)",
    )


def load(options: argparse.Namespace) -> tuple[Sequential, Dataset]:
    """Load what the options of `add_network` name: a trained network, and data that fit it."""
    pretrained = find_pretrained(options.network, options.weights)
    if pretrained is not None:
        return _load_photos(pretrained, options)
    network, trained_on = load_network(options.network, options.weights)
    return network, load_data(options.data or trained_on or "mnist", options.split, network)


def _load_photos(pretrained: weights.Pretrained, options: argparse.Namespace) -> tuple[Sequential, Dataset]:
    if options.data is None:
        raise ValueError(f"--data: expected photos, or {SETS}, to look at with {options.network}")
    data = options.data
    if data in NAMED_SETS:
        data = _read_named(data, options.split, pretrained.preprocessing.size)
    return prepare(pretrained, data, options.workers)


def load_data(name: str, split: Split, network: Sequential) -> Dataset:
    """Load a data set by what --data says, at the size that the network takes, and check that it fits."""
    dataset = read_data(name, split, network)
    check_fits(network, dataset)
    return dataset


def read_data(name: str, split: Split, network: Sequential, shorter_side: int | None = None) -> Dataset:
    """Load a data set by what --data says, at the size that the network takes, of whatever classes."""
    height, width, _ = network.input_shape or (300, 300, 3)
    if name in NAMED_SETS:
        return _read_named(name, split, (height, width))
    folder = Path(name)
    if not folder.is_dir():
        raise FileNotFoundError(f"--data: expected {SETS}; there is no folder {name!r}")
    return load_folder(folder / split if (folder / split).is_dir() else folder, (height, width), shorter_side)


def _read_named(name: str, split: Split, size: Pair) -> Dataset:
    if name == "strokes":
        return load_strokes(*STROKES[split])
    with naming_strokes():
        if name == "rps":
            return load_rps(split, size)
        return load_mnist(split) if name == "mnist" else load_cifar10(split)


@contextmanager
def naming_strokes() -> Iterator[None]:
    """Say, where files of a data set are missing and can't be downloaded, which one needs none."""
    try:
        yield
    except FileNotFoundError as error:
        error.add_note("--data strokes is drawn, and needs no files")
        raise


def load_network(source: str, file: str | None) -> tuple[Sequential, str | None]:
    """Load a trained network, and what --data said when it was trained.

    `source` is the folder of a run, or a model's name with its weights in `file`.
    """
    if source not in models.names():
        network, trained_on = load_run(Path(source))
        _load_weights(network, file or Path(source) / "weights.npz")
        return network, trained_on
    if file is None:
        raise ValueError(f"{source}: --weights must name the file of weights to look into")
    pretrained = find_pretrained(source, file)
    if pretrained is not None:
        return pretrained.on_pixels(), None
    network = models.build(source, rng=np.random.default_rng(0))
    _load_weights(network, file)
    return network, None


def _load_weights(network: Sequential, file: str | Path) -> None:
    read = _READERS.get(Path(file).suffix.lower(), weights.load)
    read(network, file)


_READERS: dict[str, Callable[[Sequential, str | Path], None]] = {
    ".h5": weights.load_keras,
    ".hdf5": weights.load_keras,
    ".pth": weights.load_torch,
    ".pt": weights.load_torch,
    ".safetensors": weights.load_safetensors,
}


def run_folder(name: str) -> str:
    """Check that this is the folder of a run, and return it as what is no model's name."""
    if not (Path(name) / "config.json").is_file():
        but = ", not the name of a model" if name in models.names() else ""
        raise FileNotFoundError(f"{name}: expected the folder of a training run{but}")
    return f"./{name}" if name in models.names() else name


def load_run(folder: Path) -> tuple[Sequential, str]:
    """Build a run's network, yet untrained, and return what --data said when it was trained."""
    path = folder / "config.json"
    if not path.is_file():
        raise FileNotFoundError(
            f"{folder}: expected the folder of a training run or one of {', '.join(models.names())}"
        )
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        model, dataset = str(config["network"]), str(config["dataset"]["name"]).split(" ")[0]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ValueError(f"{path}: expected the settings of a training run") from None
    return models.build(model, rng=np.random.default_rng(0)), _recorded_data(folder) or dataset


def record_data(folder: Path, name: str) -> None:
    """Keep what --data said in the folder of a run: data sets know their name, but not where they are."""
    place = name if name in NAMED_SETS else str(Path(name).resolve())
    text = json.dumps({"data": place}) + "\n"
    _files.replace(folder / "data.json", lambda file: file.write(text.encode()))


def _recorded_data(folder: Path) -> str | None:
    path = folder / "data.json"
    if not path.is_file():
        return None
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["data"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ValueError(f"{path}: expected what --data said, as a training run records it") from None


def check_range(option: str, values: int | Iterable[int], count: int, has: str) -> None:
    """Check positions that an option gave against the number of what there is."""
    for value in [values] if isinstance(values, int) else values:
        if not 0 <= value < count:
            raise IndexError(f"{option}: {has} 0 to {count - 1}, got {value}")
