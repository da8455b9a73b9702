"""Where a fine-tuned network came from: the file with its layers, which its run needs to be loaded again."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from npdeconv import _files, weights
from npdeconv._repr import brief
from npdeconv.layers import Sequential

NAME = "start.json"


@brief
class Start(NamedTuple):
    """The file of a pretrained network, whose layers no name or function of ours says.

    Attributes
    ----------
    file : str, path of an ONNX file, a Keras file with its model, a card, or a published file of PyTorch
    model : str or None, of a published file: which network it holds
    settings : mapping, how images are prepared, see `npdeconv.weights.pretrained_onnx`

    Examples
    --------
    >>> from npdeconv.training.start import Start
    >>> Start("missing.onnx").network()
    Traceback (most recent call last):
        ...
    FileNotFoundError: missing.onnx: there is no such file
    """

    file: str
    model: str | None = None
    settings: Mapping[str, Any] = {}

    def network(self) -> Sequential:
        """Load the network; it takes pixels. No file is run as code."""
        path = Path(self.file)
        if self.model is not None:
            return weights.load_published(self.model, path).on_pixels()
        if path.suffix.lower() == ".onnx":
            return weights.pretrained_onnx(path, **self.settings).pretrained.on_pixels()
        if path.suffix.lower() in (".json", ".npz"):
            return weights.load_card(path).on_pixels()
        return weights.pretrained_keras(path, **self.settings).pretrained.on_pixels()

    def write(self, folder: Path) -> None:
        """Record it in the folder of a run."""
        text = json.dumps(self._asdict(), indent=2) + "\n"
        _files.replace(folder / NAME, lambda file: file.write(text.encode()))


def read_start(folder: Path) -> Start | None:
    """Return what a run has recorded; None for a network that our names or a function build."""
    path = folder / NAME
    if not path.is_file():
        return None
    try:
        file, model, settings = (json.loads(path.read_text(encoding="utf-8"))[name] for name in Start._fields)
        if settings.get("size") is not None:
            settings["size"] = tuple(settings["size"])
        return Start(str(file), model if model is None else str(model), settings)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError(f"{path}: expected the file that a training run started from") from None
