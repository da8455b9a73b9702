"""The argument checks and the wording of their messages: who, expected what, got what."""

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np

from npdeconv._types import Array, Generator, Pair, Shape

LONGEST = 60
"""Characters of a value that fit into a sentence."""

_DIGITS = re.compile(r"\d+")


def describe(value: Any) -> str:
    """Name a value in a message: an array by dtype and shape, others by their repr, or by type."""
    if isinstance(value, np.ndarray):
        return f"an array of dtype {value.dtype} and shape {value.shape}"
    text = repr(value)
    is_short = len(text) <= LONGEST and "\n" not in text
    return text if is_short else f"a value of type {type(value).__name__}"


def did_you_mean(word: Any, known: Iterable[str]) -> str:
    """Return a hint to append to an unknown name: the closest known name, or "" if none is close.

    Names that differ in their number alone are not suggested: relu4 is no likelier than relu1 for relu9.

    Examples
    --------
    >>> from npdeconv._checks import did_you_mean
    >>> did_you_mean("Relu2", ["conv2", "relu2"])
    " (did you mean 'relu2'?)"
    """
    wanted = str(word).casefold()
    spelled = {name.casefold(): name for name in known}
    apart = [name for name in spelled if name == wanted or _DIGITS.sub("", name) != _DIGITS.sub("", wanted)]
    close = get_close_matches(wanted, apart, n=1, cutoff=0.7)
    return f" (did you mean {spelled[close[0]]!r}?)" if close else ""


def positive_int(value: Any, who: str, name: str) -> int:
    """Return `value` as an int of at least 1."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{who}: {name} must be an integer, got {describe(value)}")
    if value < 1:
        raise ValueError(f"{who}: {name} must be at least 1, got {value}")
    return int(value)


def positive_pair(value: Any, who: str, name: str) -> Pair:
    """Return one positive int, or two of them (height, width), as a pair."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        if len(value) != 2:
            raise ValueError(f"{who}: {name} must be one integer or two (height, width), got {value!r}")
        return positive_int(value[0], who, name), positive_int(value[1], who, name)
    side = positive_int(value, who, name)
    return side, side


def fraction(value: Any, who: str, name: str) -> float:
    """Return `value` as a float in [0, 1)."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        raise TypeError(f"{who}: {name} must be a number, got {describe(value)}")
    if not 0 <= value < 1:
        raise ValueError(f"{who}: {name} must be at least 0 and below 1, got {value}")
    return float(value)


def not_negative(value: Any, who: str, name: str) -> float:
    """Return `value` as a finite float of at least 0."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        raise TypeError(f"{who}: {name} must be a number, got {describe(value)}")
    if not 0 <= value < np.inf:
        raise ValueError(f"{who}: {name} must be finite and not negative, got {value}")
    return float(value)


def one_of(value: Any, choices: Iterable[Any], who: str, name: str) -> None:
    """Check that `value` is among `choices`."""
    known = list(choices)
    if value not in known:
        hint = did_you_mean(value, map(str, known))
        raise ValueError(f"{who}: {name} must be one of {', '.join(map(str, known))}, got {value!r}{hint}")


def batch_of(x: Any, dtype: np.dtype[Any], shape: tuple[int | None, ...], who: str) -> None:
    """Check that `x` is a batch (N, *shape) of the dtype; None in `shape` admits any length."""
    if not isinstance(x, np.ndarray):
        raise TypeError(f"{who}: expected an array, got {type(x).__name__}")
    if x.dtype != dtype:
        raise TypeError(f"{who}: expected dtype {dtype}, got {x.dtype}")
    fits = len(x.shape) == len(shape) + 1 and all(
        want is None or want == got for want, got in zip(shape, x.shape[1:], strict=True)
    )
    if not fits:
        letters = ", ".join(["N", *("any" if n is None else str(n) for n in shape)])
        raise ValueError(f"{who}: expected shape ({letters}), got {x.shape}")


def random_generator(rng: Any, who: str) -> Generator:
    """Return `rng` after checking that it is a Generator, not a seed."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"{who}: rng must be a numpy.random.Generator, got {describe(rng)}")
    return rng


def name_list(value: Any, who: str, name: str) -> tuple[str, ...]:
    """Return several names as a tuple. A single string is refused: it would be read as its letters."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise TypeError(f"{who}: {name} must be a list of names, got {describe(value)}")
    return tuple(value)


def some_names(value: Any, who: str, name: str) -> tuple[str, ...]:
    """Return at least one name, as a tuple."""
    names = name_list(value, who, name)
    if not names:
        raise ValueError(f"{who}: {name} must have at least one name, got none")
    return names


def one_for_each(value: Any, image_count: int, who: str, name: str) -> Array:
    """Return an integer for each image, int (N,), given one for each, or one for all."""
    found = np.asarray(value)
    if found.size and found.dtype.kind not in "iu":
        raise TypeError(f"{who}: {name} must be an integer or one per image, got {describe(value)}")
    if found.shape not in ((), (image_count,)):
        raise ValueError(f"{who}: expected one {name}, or one per image ({image_count}), got {found.size}")
    return np.broadcast_to(found.astype(np.int64), image_count)


def check_indices(indices: Array, count: int, who: str, has: str) -> None:
    """Check indices against how many there are; `has` says of what, as in "there are the classes"."""
    wrong = indices[(indices < 0) | (indices >= count)]
    if wrong.size:
        raise IndexError(f"{who}: {has} 0 to {count - 1}, got {wrong[0]}")


def one_image(value: Any, who: str) -> None:
    """Check that `value` is one image (H, W, C)."""
    _array_of_images(value, 3, f"{who}: expected an image of shape (H, W, C)")


def image_batch(value: Any, who: str) -> None:
    """Check that `value` is a batch of images (N, H, W, C), not a data set."""
    _array_of_images(value, 4, f"{who}: expected images of shape (N, H, W, C)")


def _array_of_images(value: Any, axes: int, expected: str) -> None:
    if not isinstance(value, np.ndarray):
        raise TypeError(f"{expected}, got {describe(value)}")
    if value.ndim != axes:
        raise ValueError(f"{expected}, got {describe(value)}")


def image_shape(shape: Shape, who: str) -> tuple[int, int, int]:
    """Return `shape` as (H, W, C)."""
    if len(shape) != 3:
        raise ValueError(f"{who}: expected an input of shape (H, W, C), got {shape}")
    height, width, channels = shape
    return height, width, channels


def kernel_input(x: Array) -> Array:
    """Return `x` contiguous and read-only, the only form of input that kernels get.

    Numba would compile another version for each of strided, read-only and writable arrays.
    """
    view = np.ascontiguousarray(x).view()
    view.flags.writeable = False
    return view
