"""Loads the network that NETWORK names.

NETWORK is the folder of a training run, the name of a model with `--weights`, the card of a pretrained
network, an ONNX file, a Keras file that holds its model, or a file of weights with layers from its card,
its run or `--model`.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from npdeconv import models, weights
from npdeconv._checks import did_you_mean
from npdeconv._text import visible
from npdeconv._types import Generator, Shape
from npdeconv.data import Preprocessing
from npdeconv.data.files import find, locate
from npdeconv.layers import Sequential
from npdeconv.training.loading import is_run, rebuild
from npdeconv.training.start import Start, read_start

OF_FILES = {
    "--input-size": "size",
    "--input-mean": "mean",
    "--input-std": "std",
    "--input-channels": "channels",
    "--class-names": "class_file",
}
"""Options for what files of networks do not say, and what `weights.pretrained_onnx` calls it."""


class Loaded(NamedTuple):
    """A network that takes pixels, with its data and preprocessing if known."""

    network: Sequential
    trained_on: str | None = None  # what --data said then
    preprocessing: Preprocessing | None = None  # of a pretrained network
    run: Path | None = None  # the folder of its training
    onnx: weights.OnnxNetwork | None = None  # what its ONNX file says
    start: Start | None = None  # the file of its layers, if neither a name nor a function says them

    def fitting(self, shape: Shape | None = None) -> Preprocessing:
        """Return how photos are brought to the network's size, or to another, cut out likewise."""
        height, width, channels = shape or self.network.input_shape or (300, 300, 3)
        own = self.preprocessing
        shorter = None if own is None else own.shorter_side
        if own is not None and shorter is not None:
            shorter = max(height, width, round(shorter * min(height, width) / min(own.size)))
        return Preprocessing(
            (height, width), shorter_side=shorter, channels="gray" if channels == 1 else "RGB"
        )


def load_network(
    options: argparse.Namespace, *, untrained: bool = False, rng: Generator | None = None
) -> Loaded:
    """Load the network that NETWORK names, with --weights, --model and --fold, or the options of such files.

    With `untrained`, a model needs no weights, nor does a run; `rng` is the source of a model's. Of an ONNX
    or Keras file, what is assumed of its images is printed.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no such network, or something that it needs is missing or was given in vain.
    """
    source, file, model, fold = options.network, options.weights, options.model, options.fold
    if _is_onnx(source) or (model is None and _is_keras(_place(source))):
        given = {"--weights": file, "--model": model, "--fold": fold}
        return _of_whole(source, given, options)
    refuse_of_files(options, f"{source} is no ONNX file (.onnx), nor a Keras file with its model")
    if file is not None and _is_onnx(file):
        raise ValueError(f"--weights: expected weights alone; {file} has layers, too, and can be NETWORK")
    if source in models.names() or is_own(source):
        _refuse("--model", model, f"{source} says what its layers are")
        return _of_model(source, file, fold, untrained=untrained, rng=rng)
    card, place = find_card(source), _place(source)
    if card is not None or place.is_file():
        _refuse("--weights", file, f"{source} has its own")
    if card is not None:
        _refuse("--model", model, f"{source} says what its layers are")
        _refuse("--fold", fold, f"{source} says what its layers are")
        return _pretrained(weights.load_card(card), Start(str(card.resolve())))
    if place.is_file():
        return _of_file(place, model, fold)
    if is_run(place):
        return _of_run(place, file, model, fold, untrained=untrained)
    known = ", ".join(models.names())
    raise FileNotFoundError(
        f"{source}: expected the folder of a training run, a card (.json), a file of weights, an ONNX file,"
        f" or one of {known}{did_you_mean(source, models.names())}"
    )


def _refuse(option: str, value: object, why: str) -> None:
    if value:
        raise ValueError(f"{option}: expected none, {why}")


def refuse_of_files(options: argparse.Namespace, why: str) -> None:
    """Refuse the options that only ONNX and Keras files take."""
    for option in OF_FILES:
        _refuse(option, _value(options, option), why)


def _value(options: argparse.Namespace, option: str) -> Any:
    return getattr(options, option.removeprefix("--").replace("-", "_"))


def _is_onnx(name: str) -> bool:
    """Tell by the ending: files of this format begin with nothing that only they have."""
    return Path(name).suffix.lower() == ".onnx"


def _is_keras(file: Path) -> bool:
    """Tell whether a Keras file lies here, and outside of a run, whose layers are known."""
    return file.is_file() and _run_of(file) is None and weights.is_keras(file)


def is_own(model: str) -> bool:
    """Tell whether what stands for a model's name is file.py:function or module:function."""
    return ":" in model and not Path(model).exists()


def find_card(name: str) -> Path | None:
    """Return the path of a card, or of the card beside some weights; a path in .json is always a card."""
    path = Path(name)
    if path.suffix not in (".json", ".npz"):
        return None
    card = _place(path.with_suffix(".json"))
    return card if card.is_file() or path.suffix == ".json" else None


def _place(name: str | Path) -> Path:
    """Return where a file or folder lies: here, or where data files lie, perhaps in the folder `weights`."""
    return Path(name) if Path(name).exists() else find(name) or find(Path("weights") / name) or Path(name)


def _pretrained(made: weights.Pretrained, start: Start) -> Loaded:
    return Loaded(made.on_pixels(), preprocessing=made.preprocessing, start=start)


def _of_whole(source: str, given: Mapping[str, object], options: argparse.Namespace) -> Loaded:
    """Load a file of layers and weights; the options for those must not be given."""
    for option, value in given.items():
        _refuse(option, value, f"{source} has layers and weights")
    place, settings = _place(source), _settings(options)
    named = settings["class_file"]
    start = Start(
        str(place.resolve()),
        settings=settings | {"class_file": named and str(Path(named).resolve())},
    )
    if not _is_onnx(source):
        pretrained, assumed = weights.pretrained_keras(place, **settings)
        print(visible(assumed))
        return _pretrained(pretrained, start)
    found = weights.pretrained_onnx(place, **settings)
    print(visible(found.assumed))
    return _pretrained(found.pretrained, start)._replace(onnx=found.file)


def _settings(options: argparse.Namespace) -> dict[str, Any]:
    given = {name: _value(options, option) for option, name in OF_FILES.items()}
    if given["class_file"] is not None:
        given["class_file"] = str(_place(given["class_file"]))
    return given


def _of_model(
    name: str,
    file: str | Path | None,
    fold: bool,
    *,
    untrained: bool = False,
    rng: Generator | None = None,
) -> Loaded:
    if file is None and not untrained:
        run = Path("runs") / name
        trained = f", or NETWORK its run, {run}" if is_run(run) else ""
        raise ValueError(f"{name}: --weights must name the file of weights to look into{trained}")
    if file is not None and name in weights.PUBLISHED and weights.reader_of(locate(file)) in _TORCH:
        start = Start(str(locate(file).resolve()), name)
        return _pretrained(weights.load_published(name, locate(file)), start)
    network = models.build(name, rng=rng or np.random.default_rng(0))
    _read(network, file, fold)
    return Loaded(network)


_TORCH = weights.load_torch, weights.load_safetensors


def _of_run(
    run: Path, file: str | Path | None, model: str | None, fold: bool, *, untrained: bool = False
) -> Loaded:
    network, trained_on = rebuild(run, model)
    _read(network, file, fold)
    if file is None and not untrained:
        weights.load(network, run / "weights.npz")
    return Loaded(network, trained_on, run=run, start=read_start(run))


def _of_file(file: Path, model: str | None, fold: bool) -> Loaded:
    """Load a file of weights, with the layers of its run or of --model."""
    run = _run_of(file)
    if run is not None:
        return _of_run(run, file, model, fold)
    if model is None:
        raise ValueError(f"{file}: expected --model, which says what the layers are between these weights")
    return _of_model(model, file, fold)


def _run_of(file: Path) -> Path | None:
    """Return the run that a file belongs to."""
    return next((folder for folder in list(file.parents)[:2] if is_run(folder)), None)


def _read(network: Sequential, file: str | Path | None, fold: bool) -> None:
    if file is not None:
        weights.reader_of(locate(file), fold=fold)(network, locate(file))
    elif fold:
        raise ValueError("--fold: says how to read the file that --weights names, and there is none")
