"""The preparation of images for files that hold a network: from a card, from the caller, or assumed."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

from npdeconv._types import Pair
from npdeconv.data.preprocessing import Channels, Preprocessing
from npdeconv.layers import Sequential
from npdeconv.weights.card import Pretrained, check_classes, read_card, read_classes

Load: TypeAlias = Callable[[int | Pair | None], tuple[Sequential, bool]]
"""Takes the size of images, if the file leaves it open; returns a network that knows its input shape, and
whether pixels are divided by 255 unless somebody says otherwise."""


class Settings(NamedTuple):
    """What a caller may say of a network's images, and of its classes; None for what is assumed."""

    size: int | Pair | None = None
    mean: Sequence[float] | None = None
    std: Sequence[float] | None = None
    channels: Channels | None = None
    class_file: str | Path | None = None


class Prepared(NamedTuple):
    """A pretrained network, and a sentence about the assumed preparation of its images."""

    pretrained: Pretrained
    assumed: str


def prepare(path: Path, load: Load, settings: Settings) -> Prepared:
    """Load a network with the preparation of its images; say what was assumed.

    Parameters
    ----------
    path : path
        The file. A card `NAME.json` beside it, which needs no layers, says how images are prepared.
    load : Load
    settings : Settings

    Raises
    ------
    ValueError
        For settings beside a card; and for a network that takes no photos, or has other numbers of
        channels or outputs.
    """
    card = path.with_suffix(".json")
    if card.exists():
        if any(given is not None for given in settings):
            raise ValueError(f"{card}: says how images are prepared; expected no other settings besides")
        return _by_card(path, card, load)
    network, divided = load(settings.size)
    shape = network.input_shape or ()
    if len(shape) != 3 or shape[2] not in (1, 3):
        raise ValueError(f"{path}: expected a network of photos, gray or in color, it takes inputs {shape}")
    kind: Channels = settings.channels or ("gray" if shape[2] == 1 else "RGB")
    mean, std = tuple(settings.mean or (0.0,)), tuple(settings.std or (1.0,))
    scale = 1 / 255 if divided and max(mean) <= 1 else 1.0
    preprocessing = Preprocessing((shape[0], shape[1]), scale=scale, mean=mean, std=std, channels=kind)
    names = None if settings.class_file is None else read_classes(Path(settings.class_file))
    pretrained = _pretrained(network, preprocessing, names, path)
    return Prepared(pretrained, _sentence(path, preprocessing, names))


def _by_card(path: Path, card: Path, load: Load) -> Prepared:
    said = read_card(card)
    network, _ = load(said.preprocessing.size)
    if network.input_shape != said.shape:
        raise ValueError(f"{card}: expected inputs of shape {network.input_shape}, as {path.name} has them")
    pretrained = _pretrained(network, said.preprocessing, said.classes, path)
    return Prepared(pretrained, f"{path.name}: images as {card.name} says")


def _pretrained(
    network: Sequential, preprocessing: Preprocessing, classes: tuple[str, ...] | None, path: Path
) -> Pretrained:
    channels = (network.input_shape or ())[-1]
    if preprocessing.channel_count != channels:
        raise ValueError(f"{path}: expected images of {channels} channels, got {preprocessing.channels}")
    check_classes(network, classes, path)
    network.classes = classes
    return Pretrained(network, preprocessing, classes)


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
