"""Pretrained networks from ONNX files, with the preparation of images from a card or the caller."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from npdeconv.data.preprocessing import Channels, Preprocessing
from npdeconv.weights.card import Pretrained, check_classes, read_card, read_classes
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
    card = path.with_suffix(".json")
    if card.exists():
        if any(given is not None for given in (size, mean, std, channels, class_file)):
            raise ValueError(f"{card}: says how images are prepared; expected no other settings besides")
        return _by_card(path, card)
    loaded = load_onnx(path, size=size)
    shape = loaded.input.shape
    if len(shape) != 3 or shape[2] not in (1, 3):
        raise ValueError(f"{path}: expected a network of photos, gray or in color, it takes inputs {shape}")
    kind: Channels = channels or ("gray" if shape[2] == 1 else "RGB")
    scale = 1.0 if mean is not None and max(mean, default=0) > 1 else 1 / 255
    average, deviation = tuple(mean or (0.0,)), tuple(std or (1.0,))
    preprocessing = Preprocessing(
        (shape[0], shape[1]), scale=scale, mean=average, std=deviation, channels=kind
    )
    names = None if class_file is None else read_classes(Path(class_file))
    pretrained = _pretrained(loaded, preprocessing, names, path)
    return Assumed(pretrained, _sentence(path, preprocessing, names), loaded)


def _by_card(path: Path, card: Path) -> Assumed:
    said = read_card(card)
    loaded = load_onnx(path, size=said.preprocessing.size)
    if loaded.input.shape != said.shape:
        raise ValueError(f"{card}: expected inputs of shape {loaded.input.shape}, as {path.name} has them")
    pretrained = _pretrained(loaded, said.preprocessing, said.classes, path)
    return Assumed(pretrained, f"{path.name}: images as {card.name} says", loaded)


def _pretrained(
    loaded: OnnxNetwork, preprocessing: Preprocessing, classes: tuple[str, ...] | None, path: Path
) -> Pretrained:
    channels = loaded.input.shape[2]
    if preprocessing.channel_count != channels:
        raise ValueError(f"{path}: expected images of {channels} channels, got {preprocessing.channels}")
    check_classes(loaded.network, classes, path)
    loaded.network.classes = classes
    return Pretrained(loaded.network, preprocessing, classes)


def _sentence(path: Path, preprocessing: Preprocessing, classes: tuple[str, ...] | None) -> str:
    height, width = preprocessing.size
    divided = "as they are, 0 to 255" if preprocessing.scale == 1 else "divided by 255"
    numbers = f"mean {_listed(preprocessing.mean)}, std {_listed(preprocessing.std)}"
    named = "classes without names" if classes is None else f"{len(classes)} names of classes"
    return (
        f"{path.name}: assumed {preprocessing.channels} photos stretched to {height}x{width}, pixels"
        f" {divided}, {numbers}, {named}"
    )


def _listed(values: Sequence[float]) -> str:
    shown = values[:1] if len(set(values)) == 1 else values
    return " ".join(f"{value:g}" for value in shown)
