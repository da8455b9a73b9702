"""Finished seeds of an experiment as files, whole or absent, so that a killed one loses none of them."""

import hashlib
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from npdeconv import _files
from npdeconv._types import Array, Shape
from npdeconv.layers import Sequential


def fingerprint(network: Sequential, *settings: Any) -> str:
    """Return what identifies an experiment: other weights, images or settings give another text.

    Functions count by their names, since their addresses differ from process to process.
    """
    found = hashlib.blake2b(repr(network).encode(), digest_size=6)
    for part in (*network.parameters.items(), *settings):
        name, array = part if isinstance(part, tuple) and len(part) == 2 else ("", part)
        found.update(f"{name} ".encode())
        if isinstance(array, np.ndarray):
            found.update(f"{array.dtype} {array.shape} ".encode() + np.ascontiguousarray(array).tobytes())
        else:
            found.update(re.sub(" at 0x[0-9a-f]+", "", f"{array!r} ").encode())
    return found.hexdigest()


def kept(
    folder: str | Path | None,
    stem: str,
    shapes: Mapping[str, Shape],
    compute: Callable[[], Mapping[str, Array]],
) -> Mapping[str, Array]:
    """Return the arrays of one seed: from its file if there is one, else computed, and written."""
    if folder is None:
        return compute()
    folder = Path(folder)
    path = folder / f"{stem}.npz"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _files.remove_orphans(folder, path.name, older_than=3600)  # another process may be writing
        _files.write_arrays(path, compute())
    return _files.read_arrays(path, shapes)
