"""Files that are either whole or absent, and the reader of untrusted archives of arrays."""

import csv
import io
import os
import re
import secrets
import time
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

from npdeconv._types import Array, Shape

PARTIAL = "partial"
"""The suffix of temporary files."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")
NUMBER = re.compile(r"[+-]\d+(\.\d+)?(e[+-]?\d+)?", re.ASCII)  # begins like a formula, and is none
"""The beginnings of cells that a spreadsheet would run as formulas."""


def replace(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Write a file under a temporary name, sync it, and rename it: a reader finds all or nothing.

    Raises
    ------
    OSError
        If writing fails; an existing file is left unchanged.
    """
    try:
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.{PARTIAL}")
        try:
            with temporary.open("xb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        # Python's own message would name the temporary file.
        raise type(error)(f"{path}: could not be written ({error.strerror or error})") from error


def remove_orphans(folder: Path, names: str = "*", older_than: float = 0.0) -> None:
    """Remove the temporary files that a killed process left in a folder.

    Parameters
    ----------
    folder : Path
        May be missing.
    names : str
        Pattern of the final names.
    older_than : float
        Seconds since the last change; protects files that another process is writing.
    """
    for path in folder.glob(f".{names}.*.{PARTIAL}"):
        try:
            if time.time() - path.stat().st_mtime >= older_than:
                path.unlink()
        except OSError:  # owned by somebody else, or already gone
            continue


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Path:
    """Write a table as CSV; text that a spreadsheet would run as a formula gets an apostrophe in front."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([_as_text(cell) for cell in row] for row in (columns, *rows))
    replace(path, lambda file: file.write(text.getvalue().encode(errors="backslashreplace")))
    return path


def _as_text(cell: Any) -> Any:
    runs = isinstance(cell, str) and cell.startswith(FORMULA) and not NUMBER.fullmatch(cell)
    return f"'{cell}" if runs else cell


class UnexpectedError(Exception):
    """A file is whole, but not the expected one; the caller adds the path to the message."""


@contextmanager
def naming(path: Path, expected: str) -> Iterator[None]:
    """Turn any exception of a reader of damaged files into a ValueError of one sentence."""
    try:
        yield
    except UnexpectedError as error:
        raise ValueError(f"{path}: {error}") from None
    except Exception as error:
        errno = getattr(error, "errno", None)
        reason = os.strerror(errno) if errno else " ".join(str(error).split()) or type(error).__name__
        raise ValueError(
            f"{path}: expected a {expected}, got a file that can't be read as one ({reason})"
        ) from error


def write_arrays(path: Path, arrays: Mapping[str, Array]) -> None:
    """Write an uncompressed `.npz` with any names of arrays.

    `np.savez` takes the arrays as keywords beside its own options: it refuses the name `file`, and
    refuses or drops others depending on its version.

    Raises
    ------
    OSError
        If writing fails; an existing file is left unchanged.
    ValueError
        If an array holds objects, which would have to be pickled.
    """
    replace(path, lambda file: _write(file, arrays))


def read_arrays(path: Path, expected: Mapping[str, Shape]) -> dict[str, Array]:
    """Read an `.npz` that must hold exactly the expected names and shapes.

    Names and shapes are compared before any array is read, so a file is never half-used and never
    takes more memory than expected. Pickled objects are never loaded.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is no whole archive of numeric arrays, or has other names or shapes.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file")
    with naming(path, "whole .npz archive"), zipfile.ZipFile(path) as archive:
        names = {name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")}
        compare_names(names, expected.keys(), "arrays")
        for name, shape in expected.items():
            stored = _read_shape(archive, name)
            if stored != shape:
                raise UnexpectedError(f"expected {name} of shape {shape}, got {stored}")
        return {name: _read(archive, name) for name in expected}


def unpacked_size(path: Path) -> int:
    """Return the declared size of all members of an `.npz` in bytes; raises as `read_arrays` does."""
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file")
    with naming(path, "whole .npz archive"), zipfile.ZipFile(path) as archive:
        return sum(member.file_size for member in archive.infolist())


def compare_names(names: Collection[str], expected: Collection[str], what: str) -> None:
    """Check that the names found in a file (`what`: arrays, layers ...) are exactly the expected ones."""
    missing, surplus = sorted(set(expected) - set(names)), sorted(set(names) - set(expected))
    if missing or surplus:
        parts = [f"lacks {_few(missing)}"] * bool(missing) + [f"also holds {_few(surplus)}"] * bool(surplus)
        raise UnexpectedError(f"expected the {what} of the network, but the file {' and '.join(parts)}")


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _write(file: IO[bytes], arrays: Mapping[str, Array]) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:  # its size is not known yet
                npy.write_array(member, np.asanyarray(array), version=(1, 0), allow_pickle=False)


def _read_shape(archive: zipfile.ZipFile, name: str) -> Shape:
    with archive.open(f"{name}.npy") as file:
        try:
            version = npy.read_magic(file)
            if version != (1, 0):  # later versions allow headers of 4 GB
                raise ValueError(f"format {version[0]}.{version[1]}")
            shape, _, dtype = npy.read_array_header_1_0(file)
        except Exception as error:
            reason = str(error).splitlines()[0]
            raise UnexpectedError(f"expected {name} to be an array, got something else ({reason})") from None
    if dtype.hasobject:
        raise UnexpectedError(f"expected {name} to hold numbers, got pickled objects")
    if dtype.kind not in "biufc":
        raise UnexpectedError(f"expected {name} to hold numbers, got {dtype}")
    return shape


def _read(archive: zipfile.ZipFile, name: str) -> Array:
    with archive.open(f"{name}.npy") as file:
        try:
            array = npy.read_array(file, allow_pickle=False)
        except ValueError as error:
            raise UnexpectedError(f"expected the whole of {name}, got a part ({error})") from None
        if file.read(1):  # also makes zipfile compare the checksum
            raise UnexpectedError(f"expected {name} to be one array, got more bytes after it")
        return array
