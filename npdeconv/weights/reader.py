"""Find the reader of a file of weights by its content; any suffix is allowed."""

import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeAlias

from npdeconv._files import UnexpectedError, naming
from npdeconv.layers import Sequential
from npdeconv.weights.keras import load_keras
from npdeconv.weights.npz import load
from npdeconv.weights.pytorch import load_torch
from npdeconv.weights.safetensors import load_safetensors

Reader: TypeAlias = Callable[[Sequential, str | Path], None]

_ZIPPED: dict[str, Reader] = {"/data.pkl": load_torch, "model.weights.h5": load_keras, ".npy": load}
"""Readers by the end of a member's name that only one kind of archive has."""

_FOLDING: dict[Reader, Reader] = {
    load_torch: partial(load_torch, fold=True),
    load_keras: partial(load_keras, fold=True),
}


def reader_of(path: str | Path, *, fold: bool = False) -> Reader:
    """Return the reader of a file: `load`, `load_keras`, `load_torch` or `load_safetensors`.

    With `fold`, each batch normalization is taken to come right behind the layer before it. Only
    `load_torch` and `load_keras` have this option.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file has no known format, or `fold` is given for a format without this option.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     nd.weights.save(nd.models.deck_model4(rng=np.random.default_rng(0)), f"{folder}/net.weights")
    ...     nd.weights.reader_of(f"{folder}/net.weights").__name__
    'load'
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file")
    with naming(path, "file of weights"):
        if not path.is_file():
            raise UnexpectedError("expected a file of weights, got something else")
        with path.open("rb") as file:
            start = file.read(9)
        reader = _of_archive(path) if start.startswith(b"PK\x03\x04") else _of_file(start)
        if reader is None:
            raise UnexpectedError(
                "expected weights as .npz, of Keras (.h5, .keras), of PyTorch or .safetensors,"
                " got a file of another kind"
            )
        if fold and reader not in _FOLDING:
            raise UnexpectedError(
                f"expected a file of PyTorch or Keras to fold, got one for {reader.__name__}"
            )
    return _FOLDING[reader] if fold else reader


def is_keras(path: str | Path) -> bool:
    """Tell whether a file is one of Keras'.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "net.onnx")
    ...     _ = path.write_bytes(b"no network of Keras")
    ...     nd.weights.is_keras(path)
    False
    """
    try:
        return reader_of(path) is load_keras
    except ValueError:
        return False


def _of_file(start: bytes) -> Reader | None:
    if start.startswith(b"\x89HDF\r\n\x1a\n"):
        return load_keras
    if start.startswith(b"\x80"):  # a pickle
        return load_torch
    return load_safetensors if start[8:] == b"{" else None  # behind the length of the header


def _of_archive(path: Path) -> Reader | None:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    kinds = (reader for end, reader in _ZIPPED.items() if any(name.endswith(end) for name in names))
    return next(kinds, None)
