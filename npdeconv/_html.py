"""Results in a notebook: small pictures of their arrays, with captions from the class's docstring."""

import re
from collections.abc import Callable
from html import escape
from typing import Any

import numpy as np

from npdeconv import _thumbnails
from npdeconv._text import visible

FEW = 6  # numbers that are written out, and need no curve
LETTERS = 300  # of a text
DEPTH = 3  # of results in results
PICTURES = {("H", "W"), ("OH", "OW"), ("PH", "PW"), ("P", "Q")}  # axes that are rows and columns
TIME = {"E", "steps + 1"}  # axes that curves follow, instead of the last one


def as_html(result: Any, describe: Callable[[Any], str], depth: int = DEPTH) -> str:
    """Return a result as HTML without outside parts: a line per field, and pictures of what has a shape.

    Parameters
    ----------
    result : NamedTuple
        The section "Attributes" of its class says what the fields are. Arrays (..., H, W, C) are drawn as
        images, (..., H, W) as maps, and other floats as curves.
    describe : function
        Of a value, returns a short text.
    depth : int
        How many results inside results are opened.
    """
    kind = type(result)
    if "__str__" in vars(kind):
        return f"<pre>{_safe(str(result), 20 * LETTERS)}</pre>"
    meanings = attributes(kind)
    rows = [
        f"<div style='margin:4px 0'>{_field(name, value, meanings.get(name, ''), describe, depth)}</div>"
        for name, value in result._asdict().items()
    ]
    return f"<div><strong>{escape(kind.__name__)}</strong>{''.join(rows)}</div>"


def attributes(kind: type) -> dict[str, str]:
    """Return what a class's docstring says of each field; none without a docstring."""
    section = re.search(r"Attributes\n *-+\n(.*?)(\n\n|\Z)", kind.__doc__ or "", re.DOTALL)
    found = re.findall(r"^ {4}(\w[\w, ]*) : (.*(?:\n {8}.*)*)", section[1] if section else "", re.MULTILINE)
    return {name: " ".join(said.split()) for names, said in found for name in names.split(", ")}


def _field(name: str, value: Any, meaning: str, describe: Callable[[Any], str], depth: int) -> str:
    said = f"<br><small>{_safe(meaning)}</small>" if meaning else ""
    first = value[0] if isinstance(value, tuple) and value and not hasattr(value, "_fields") else value
    if hasattr(first, "_fields") and depth > 1:
        which, state = ("", " open") if first is value else (f", the first of {len(value)}", "")
        inner = as_html(first, describe, depth - 1)
        return f"<details{state}><summary><code>{name}</code>{which}{said}</summary>{inner}</details>"
    picture = _picture(value, meaning) if isinstance(value, np.ndarray) else ""
    return f"<code>{name} = {_safe(describe(value))}</code>{said}{picture}"


def _safe(text: str, most: int = LETTERS) -> str:
    lines = (visible(line) for line in text.splitlines())
    joined = "\n".join(lines)
    return escape(joined if len(joined) <= most else joined[: most - 1] + "…")


def _picture(array: np.ndarray[Any, Any], meaning: str) -> str:
    """Draw an array as what its letters say it is; nothing for numbers that are no picture and no curve."""
    axes = _axes(meaning)
    kind, rank = array.dtype.kind, array.ndim
    if array.size == 0 or kind not in "biuf":
        return ""
    if axes[-1:] == ["C"] and rank > 2:
        return _image(*_thumbnails.sheet(array.reshape(-1, *array.shape[-3:]), "signed" in meaning))
    is_square = len(axes) > 1 and axes[-2] == axes[-1]  # everything against everything
    if rank > 1 and (tuple(axes[-2:]) in PICTURES or is_square):
        return _image(*_thumbnails.sheet(array.reshape(-1, *array.shape[-2:], 1), "signed" in meaning))
    if kind != "f" or rank == 0 or array.size <= FEW or axes[-1:] == ["2"]:
        return ""
    along = next((n for n, axis in enumerate(axes[:rank]) if axis in TIME), rank - 1)
    lines = np.moveaxis(array, along, -1).reshape(-1, array.shape[along])
    return _image(*_thumbnails.curves(lines, axes[along] if along < len(axes) else ""))


def _axes(meaning: str) -> list[str]:
    """Return the letters of a shape: `["N", "H", "W", "C"]` of "uint8 (N, H, W, C), shrunk"."""
    shape = re.match(r"(?:\w+ )?\(([^)]*)\)", meaning)
    return shape[1].rstrip(",").split(", ") if shape else []


def _image(uri: str, size: tuple[int, int], caption: str) -> str:
    said = escape(caption)
    style = "image-rendering:pixelated;max-width:none"
    image = f"<img src='{uri}' width='{size[0]}' height='{size[1]}' style='{style}' alt='{said}'>"
    return f"<div style='overflow-x:auto'>{image}<br><small>{said}</small></div>"
