"""Pretrained networks from ONNX files, with the preparation of images from a card or the caller."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from npdeconv._types import Pair
from npdeconv.data.preprocessing import Channels
from npdeconv.layers import Sequential
from npdeconv.weights.assumed import Settings, prepare
from npdeconv.weights.card import Pretrained
from npdeconv.weights.onnx.loading import OnnxNetwork, load_onnx


class Assumed(NamedTuple):
    """A pretrained network, a sentence about the assumed preparation of its images, and the file's words."""

    pretrained: Pretrained
    assumed: str
    file: OnnxNetwork


def pretrained_onnx(
    path: str | Path,
    *,
    size: int | tuple[int, int] | None = None,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
    channels: Channels | None = None,
    class_file: str | Path | None = None,
) -> Assumed:
    """Load a network from an ONNX file, with the preparation of its images.

    The preparation comes from a card `NAME.json` beside `NAME.onnx`, which needs no layers, or from the
    arguments. Settings that they leave open are assumed, and named in a sentence.

    Parameters
    ----------
    path : str or path
    size : int or (int, int), optional
        Height and width, if the file leaves them open.
    mean, std : sequence of float, optional
        Per channel, red, green, blue: pixels become (x - mean) / std. They are divided by 255 before, unless
        a mean is above 1.
    channels : "RGB", "BGR" or "gray", optional
    class_file : str or path, optional
        A table `.csv` with a column `name`.

    Raises
    ------
    ValueError
        As `load_onnx` and `load_card`; for arguments beside a card; and for a network that takes no photos,
        or has other numbers of channels or outputs.
    ImportError, FileNotFoundError
        As those.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     nd.weights.save_onnx(nd.models.resnet20(rng=np.random.default_rng(0)), f"{folder}/net.onnx")
    ...     assumed = nd.weights.pretrained_onnx(f"{folder}/net.onnx", mean=(0.5,) * 3, std=(0.25,) * 3)
    >>> assumed.pretrained.preprocessing.mean
    (0.5, 0.5, 0.5)
    """
    path = Path(path)
    found: list[OnnxNetwork] = []

    def load(size: int | Pair | None) -> tuple[Sequential, bool]:
        found.append(load_onnx(path, size=size))
        return found[0].network, True

    pretrained, assumed = prepare(path, load, Settings(size, mean, std, channels, class_file))
    return Assumed(pretrained, assumed, found[0])
