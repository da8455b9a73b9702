"""Files that are either whole or not there, and archives of arrays that are not trusted."""

import os
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

from npdeconv._types import Array, Shape


def replace(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Write a file under a temporary name, sync it, and rename it: a reader finds all or nothing."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_arrays(path: Path, arrays: Mapping[str, Array]) -> None:
    """Write an uncompressed `.npz`."""
    replace(path, lambda file: np.savez(file, allow_pickle=False, **arrays))


def read_arrays(path: Path, expected: Mapping[str, Shape]) -> dict[str, Array]:
    """Read an `.npz` that must hold exactly the expected names and shapes.

    Names and shapes are compared before any array is read, so a file can neither make the reader
    take more memory than was expected nor be half-used. Pickled objects are never loaded.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is no whole archive of numeric arrays, or of other names or shapes.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            headers = {name.removesuffix(".npy"): _header(archive, name) for name in archive.namelist()}
            _compare(path, headers, expected)
            return {name: _read(archive, f"{name}.npy") for name in expected}
    except FileNotFoundError:
        raise FileNotFoundError(f"{path}: there is no such file") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise ValueError(f"{path}: expected a whole .npz archive, but {error}") from None


def _header(archive: zipfile.ZipFile, name: str) -> tuple[Shape, np.dtype[Any]]:
    with archive.open(name) as file:
        try:
            version = npy.read_magic(file)
            read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
            shape, _, dtype = read(file)
        except ValueError as error:
            raise zipfile.BadZipFile(f"member {name!r} is no array ({str(error).splitlines()[0]})") from None
    if dtype.hasobject:
        raise zipfile.BadZipFile(f"member {name!r} holds pickled objects")
    return shape, dtype


def _compare(
    path: Path, headers: Mapping[str, tuple[Shape, np.dtype[Any]]], expected: Mapping[str, Shape]
) -> None:
    missing, surplus = sorted(expected.keys() - headers.keys()), sorted(headers.keys() - expected.keys())
    if missing or surplus:
        parts = [f"lacks {_some(missing)}"] * bool(missing) + [f"also holds {_some(surplus)}"] * bool(surplus)
        raise ValueError(f"{path}: expected the arrays of another network, the file {' and '.join(parts)}")
    for name, shape in expected.items():
        if headers[name][0] != shape:
            raise ValueError(f"{path}: expected {name} of shape {shape}, got {headers[name][0]}")


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _read(archive: zipfile.ZipFile, name: str) -> Array:
    with archive.open(name) as file:
        try:
            return npy.read_array(file, allow_pickle=False)
        except ValueError as error:
            raise zipfile.BadZipFile(f"member {name!r} is cut short ({error})") from None
