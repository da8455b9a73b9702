"""Options and choices that several commands share."""

import argparse
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from npdeconv import _files, models, weights
from npdeconv._checks import did_you_mean
from npdeconv._types import Pair
from npdeconv.cli.pretrained import (
    Choose,
    Split,
    find_pretrained,
    is_of_photos,
    load_chosen,
    load_unlabeled,
    part_of,
    prepare,
)
from npdeconv.data import (
    Dataset,
    Preprocessing,
    class_number,
    load_cifar10,
    load_mnist,
    load_rps,
    load_strokes,
)
from npdeconv.data.files import locate
from npdeconv.inference import class_names, match
from npdeconv.layers import Sequential
from npdeconv.training.loading import is_run, rebuild

STROKES = {"train": (20_000, 0), "test": (2_000, 1)}  # number of digits, seed

NAMED_SETS = ("mnist", "cifar10", "rps", "strokes")
SETS = f"{', '.join(NAMED_SETS)} (drawn, needs no files), or a folder of class folders"
PHOTOS = f"{SETS}, a photo, or a folder of photos"
DATA_HELP = f"{PHOTOS}; its classes are matched by name, and photos have no labels"
WEIGHTS_HELP = ".npz, Keras, PyTorch or .safetensors file; of a run, its weights.npz if not given"
FOLD_HELP = (
    "of files of PyTorch or Keras that do not say it: each batch normalization comes right behind the layer"
    " before it, below any activation"
)
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
    parser.set_defaults(run=run)
    return parser


def add_model(parser: Any) -> None:
    """Add the positional MODEL."""
    parser.add_argument(
        "model",
        metavar="MODEL",
        help=f"one of {', '.join(models.names())}, or FILE.PY:FUNCTION that builds your own",
    )


def add_network(parser: Any) -> None:
    """Add the positional NETWORK, and what goes with it: --weights, --data, --split."""
    option = parser.add_argument
    option(
        "network",
        metavar="NETWORK",
        help="folder of a training run, a model's name with --weights, or the card (.json) of a pretrained "
        "network",
    )
    add_weights(parser)
    option(
        "--data",
        metavar="SET",
        help=f"{DATA_HELP}; the run's if not given",
    )
    option("--split", choices=get_args(Split), default="test", help="part of the data set")


def add_weights(parser: Any) -> None:
    """Add what `load_network` asks for besides NETWORK: --weights, --fold and --network."""
    parser.add_argument("--weights", metavar="FILE", help=WEIGHTS_HELP)
    parser.add_argument("--fold", action="store_true", help=FOLD_HELP)
    add_builder(parser)


def add_builder(parser: Any) -> None:
    """Add --network."""
    parser.add_argument(
        "--network",
        dest="builder",
        metavar="FILE.PY:FUNCTION",
        help="what builds the network of a run, if it is your own; the file is run",
    )


def is_own(model: str) -> bool:
    """Tell whether what stands for a model's name is file.py:function or module:function."""
    return ":" in model and not Path(model).exists()


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


def load(options: argparse.Namespace, choose: Choose | None = None) -> tuple[Sequential, Dataset]:
    """Load what the options of `add_network` name: a trained network, and data that fit it.

    With `choose`, the data set holds only the images that it says, and no others are read or prepared.
    """
    pretrained = find_pretrained(options.network, options.weights)
    if pretrained is not None:
        return _load_photos(pretrained, options, choose)
    network, trained_on = load_network(options)
    return network, load_data(options.data or trained_on or "mnist", options.split, network, choose)


def _load_photos(
    pretrained: weights.Pretrained, options: argparse.Namespace, choose: Choose | None
) -> tuple[Sequential, Dataset]:
    if options.data is None:
        raise ValueError(f"--data: expected photos, or {SETS}, to look at with {options.network}")
    data = options.data
    if data in NAMED_SETS:
        data = _read_named(data, options.split, pretrained.preprocessing.size, choose)
    return prepare(pretrained, data, options.split, choose)


def load_data(name: str, split: Split, network: Sequential, choose: Choose | None = None) -> Dataset:
    """Load a data set by what --data says, at the size that the network takes, with its classes."""
    return match(network, read_data(name, split, network, choose=choose))


def read_data(
    name: str,
    split: Split,
    network: Sequential,
    shorter_side: int | None = None,
    choose: Choose | None = None,
) -> Dataset:
    """Load a data set by what --data says, at the size that the network takes, of whatever classes."""
    height, width, channels = network.input_shape or (300, 300, 3)
    if name in NAMED_SETS:
        return _read_named(name, split, (height, width), choose)
    place = locate(name)
    if not place.exists():
        hint = did_you_mean(name, NAMED_SETS)
        raise FileNotFoundError(f"--data: expected {PHOTOS}; there is no folder {name!r}{hint}")
    place = part_of(place, split)
    colors: Literal["gray", "RGB"] = "gray" if channels == 1 else "RGB"
    preprocessing = Preprocessing((height, width), shorter_side=shorter_side, channels=colors)
    read = load_unlabeled if is_of_photos(place) else load_chosen
    return read(place, preprocessing, choose)


def _read_named(name: str, split: Split, size: Pair, choose: Choose | None) -> Dataset:
    if name == "strokes":
        dataset = load_strokes(*STROKES[split])
    else:
        with naming_strokes():
            if name == "rps":
                dataset = load_rps(split, size)
            else:
                dataset = load_mnist(split) if name == "mnist" else load_cifar10(split)
    return dataset if choose is None else dataset[list(choose(len(dataset), dataset.name))]


@contextmanager
def naming_strokes() -> Iterator[None]:
    """Say, where files of a data set are missing and can't be downloaded, which one needs none."""
    try:
        yield
    except FileNotFoundError as error:
        error.add_note("--data strokes is drawn, and needs no files")
        raise


def load_network(options: argparse.Namespace) -> tuple[Sequential, str | None]:
    """Load a trained network, and what --data said when it was trained.

    NETWORK is the folder of a run, or a model's name with its --weights.
    """
    source, file, fold = options.network, options.weights, options.fold
    if fold and file is None:
        raise ValueError("--fold: says how to read the file that --weights names, and there is none")
    if source not in models.names() and not is_own(source):
        network, trained_on = rebuild(Path(source), options.builder)
        read = weights.load if file is None else weights.reader_of(file, fold=fold)
        read(network, file or Path(source) / "weights.npz")
        return network, trained_on
    if file is None:
        run = Path("runs") / source
        trained = f", or NETWORK its run, {run}" if is_run(run) else ""
        raise ValueError(f"{source}: --weights must name the file of weights to look into{trained}")
    network = models.build(source, rng=np.random.default_rng(0))
    weights.reader_of(file, fold=fold)(network, file)
    return network, None


def run_folder(name: str) -> str:
    """Check that this is the folder of a run, and return it as what is no model's name."""
    if not is_run(Path(name)):
        but = ", not the name of a model" if name in models.names() else ""
        raise FileNotFoundError(f"{name}: expected the folder of a training run{but}")
    return f"./{name}" if name in models.names() else name


def record_data(folder: Path, name: str) -> None:
    """Keep what --data said in the folder of a run: data sets know their name, but not where they are."""
    place = name if name in NAMED_SETS else str(locate(name).resolve())
    text = json.dumps({"data": place}) + "\n"
    _files.replace(folder / "data.json", lambda file: file.write(text.encode()))


def only(option: str, images: Sequence[int]) -> Choose:
    """Return what makes `load` read these images, and no others; those that there are not, it refuses."""

    def choose(count: int, name: str) -> Sequence[int]:
        check_range(option, images, count, f"{name} has the images")
        return images

    return choose


def check_range(option: str, values: int | Iterable[int], count: int, has: str) -> None:
    """Check indices that an option gave against the number of what there is."""
    for value in [values] if isinstance(values, int) else values:
        if not 0 <= value < count:
            raise IndexError(f"{option}: {has} 0 to {count - 1}, got {value}")


def class_numbers(option: str, words: Sequence[str], network: Sequential, outputs: int) -> list[int]:
    """Return the classes that an option gave by name or by number."""
    names = class_names(network, outputs)
    return [class_number(word, names, option) for word in words]
