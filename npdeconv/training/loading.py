"""Load the network of a run from its folder."""

import json
from pathlib import Path
from shlex import quote
from typing import Any, NamedTuple

import numpy as np

from npdeconv import models, weights
from npdeconv._checks import did_you_mean, name_list
from npdeconv._repr import brief
from npdeconv.anatomy.roles import answer_shape
from npdeconv.layers import Sequential
from npdeconv.training.history import History
from npdeconv.training.start import read_start


@brief
class LoadedRun(NamedTuple):
    """The result of a training run.

    Attributes
    ----------
    network : Sequential, with the best weights (with early stopping) or the latest
    history : History
    data : str, the training data: the name of a set, or a folder of images

    Examples
    --------
    >>> net = nd.models.deck_model4(rng=np.random.default_rng(0))
    >>> nd.training.LoadedRun(net, nd.training.History(), "strokes").network.name
    'deck_model4'
    """

    network: Sequential
    history: History
    data: str


def load_run(folder: str | Path, *, builder: str | None = None) -> LoadedRun:
    """Load the network of a training run, its history, and the name of its data.

    Parameters
    ----------
    folder : path
        A folder made by `fit(run=...)` or `npdeconv train`.
    builder : str, optional
        "file.py:function" or "module:function" that builds a network of your own, unless
        `npdeconv.models.register` knows it. A run records the origin of its network, but a folder of
        data never decides which code is executed.

    Returns
    -------
    LoadedRun

    Raises
    ------
    FileNotFoundError
        If this is no folder of a run, or the run has finished no epoch.
    ValueError
        If files are damaged, the network is unknown, or the weights do not fit it.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> digits, rng = nd.data.load_strokes(64), np.random.default_rng(0)
    >>> net, sgd = nd.models.deck_model3(rng=rng), nd.optimizers.SGD(0.01)
    >>> with TemporaryDirectory() as folder:
    ...     _ = nd.training.fit(net, digits, sgd, epochs=1, rng=rng, run=f"{folder}/run")
    ...     network, history, data = nd.load_run(f"{folder}/run")
    >>> network.name, history.epochs, data
    ('deck_model3', 1, 'strokes')
    """
    folder = Path(folder)
    built, data = rebuild(folder, builder)
    weights.load(built, folder / "weights.npz")
    return LoadedRun(built, History.read(folder / "history.csv"), data)


def rebuild(folder: Path, builder: str | None = None) -> tuple[Sequential, str]:
    """Return a run's network, untrained, and the name of its data; errors as for `load_run`."""
    if not is_run(folder):
        hint = did_you_mean(folder, models.names())
        raise FileNotFoundError(
            f"{folder}: expected the folder of a training run or one of {', '.join(models.names())}{hint}"
        )
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        name, dataset = str(config["network"]), config["dataset"]
        data, classes = str(dataset["name"]).split(" ")[0], name_list(dataset["classes"], "config", "classes")
        shape = tuple(map(int, dataset["images"][1:]))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ValueError(f"{path}: expected the settings of a training run") from None
    start = read_start(folder)
    if start is None and builder is None and name not in models.names():
        raise ValueError(f"{folder}: {_how_to_find(name, config)}")
    built = models.build(builder or name, rng=np.random.default_rng(0)) if start is None else start.network()
    if answer_shape(built, shape) != (len(classes),):
        built = models.with_classes(built, len(classes), np.random.default_rng(0))
    built.classes = classes
    return built, _recorded_data(folder) or data


def is_run(folder: Path) -> bool:
    """Tell whether a folder holds a training run."""
    return (folder / "config.json").is_file()


def _how_to_find(name: str, config: dict[str, Any]) -> str:
    free = config.get("free")
    builder = free.get("builder") if isinstance(free, dict) else None
    # Someone may paste this command into a shell.
    said = builder if isinstance(builder, str) and builder.isprintable() else "FILE.PY:FUNCTION"
    return (
        f"its network {name!r} is none of npdeconv's; if you trust the code that builds it, name it:"
        f" --model {quote(said)}, or in Python load_run(..., builder={said!r})"
    )


def _recorded_data(folder: Path) -> str | None:
    path = folder / "data.json"
    if not path.is_file():
        return None
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["data"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ValueError(f"{path}: expected what --data said, as a training run records it") from None
