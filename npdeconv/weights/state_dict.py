"""PyTorch's files of state dictionaries (`.pth`), read without PyTorch.

Both formats of `torch.save` hold a pickle, which describes tensors as views of *storages*, and the
numbers of the storages. The zip archive (since version 1.6) has a member for each storage; the older
format has the storages one after another behind the pickle.
"""

import io
import os
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import as_strided

from npdeconv._files import UnexpectedError
from npdeconv._types import Array, Shape
from npdeconv._unpickling import NUMPY, Names, UnknownNameError, brief, restricted_load
from npdeconv.weights.arrays import BFLOAT16, Stored

_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001


class _Storage(NamedTuple):
    """A run of numbers in the file."""

    key: str
    dtype: np.dtype[Any]
    length: int

    @property
    def size(self) -> int:
        """The size in bytes."""
        return self.length * self.dtype.itemsize


class _Tensor(NamedTuple):
    """A view of a storage; offset and strides count numbers, not bytes."""

    storage: _Storage
    offset: int
    shape: Shape
    strides: Shape


_Read: TypeAlias = Callable[[_Storage], bytes]


@contextmanager
def open_state_dict(path: Path) -> Iterator[list[Stored]]:
    """Open a state dictionary; its arrays can be read while the context is open.

    Raises
    ------
    Exception
        Of almost any type, if the file is damaged or no state dictionary: use this inside
        `_files.naming`.
    """
    with path.open("rb") as file:
        is_zip = file.read(4) == b"PK\x03\x04"
        file.seek(0)
        content, read = _open_zip(zipfile.ZipFile(file)) if is_zip else _open_legacy(file)
        content = _unwrap(content)
        for name, tensor in content.items():
            if not isinstance(name, str) or not isinstance(tensor, _Tensor):
                raise UnexpectedError(f"expected a dictionary of tensors, got {brief(tensor)} as {name!r}")
        yield [
            Stored(name, tensor.shape, tensor.storage.dtype, partial(_view, tensor, read))
            for name, tensor in content.items()
        ]


def _unwrap(content: Any) -> dict[Any, Any]:
    """Return the state dictionary, perhaps out of a checkpoint that also holds an epoch and the like."""
    if not isinstance(content, dict):
        raise UnexpectedError(f"expected a dictionary of tensors, got {brief(content)}")
    inner = [name for name, value in content.items() if _is_state_dict(value)]
    if len(inner) > 1:
        raise UnexpectedError(
            f"expected one state dictionary, the file has {', '.join(map(brief, inner[:5]))}: {_REMEDY}"
        )
    return content[inner[0]] if inner else content


def _is_state_dict(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and all(isinstance(v, _Tensor) for v in value.values())


def _view(tensor: _Tensor, read: _Read) -> Array:
    dtype = tensor.storage.dtype
    if 0 in tensor.shape:
        return np.empty(tensor.shape, dtype)
    numbers = np.frombuffer(read(tensor.storage), dtype)[tensor.offset :]
    return as_strided(
        numbers, tensor.shape, [step * dtype.itemsize for step in tensor.strides], writeable=False
    )


def _open_zip(archive: zipfile.ZipFile) -> tuple[Any, _Read]:
    pickles = [name for name in archive.namelist() if name.endswith("/data.pkl")]
    if any("/code/" in name or name.endswith("/constants.pkl") for name in archive.namelist()):
        raise UnexpectedError(f"expected a state dictionary, got a TorchScript archive: {_REMEDY}")
    if len(pickles) != 1:
        raise UnexpectedError(f"expected an archive of one state dictionary, got {len(pickles)} data.pkl")
    root = pickles[0].removesuffix("data.pkl")
    members = {member.filename: member for member in archive.infolist()}
    for name, member in members.items():
        # PyTorch compresses nothing, so no member can unpack to more than the file holds.
        if member.compress_type != zipfile.ZIP_STORED or member.file_size != member.compress_size:
            raise UnexpectedError(f"expected an archive without compression, {name} is compressed")
    if f"{root}byteorder" in members and archive.read(f"{root}byteorder") != b"little":
        raise UnexpectedError("expected numbers in little-endian order, got another order")

    def find(key: Any) -> _Storage:
        storage = _storage(key)
        name = f"{root}data/{storage.key}"
        if name not in members:
            raise UnexpectedError(f"expected the member {name}, the archive has none")
        _check_size(storage, members[name].file_size)
        return storage

    content = _load(io.BytesIO(archive.read(pickles[0])), find)
    return content, lambda storage: archive.read(f"{root}data/{storage.key}")


def _load(file: BinaryIO, find: Callable[[Any], _Storage]) -> Any:
    try:
        return restricted_load(file, _NAMES, find)
    except UnknownNameError as error:
        raise UnexpectedError(f"{error}: {_REMEDY}") from None


def _open_legacy(file: BinaryIO) -> tuple[Any, _Read]:
    if restricted_load(file, {}) != _MAGIC:
        raise UnexpectedError("expected PyTorch's magic number, got another pickle")
    version, system = restricted_load(file, {}), restricted_load(file, {})
    if version != _PROTOCOL or not isinstance(system, dict) or system.get("little_endian") is not True:
        raise UnexpectedError(f"expected version {_PROTOCOL} in little-endian order, got {brief(version)}")
    storages: dict[str, _Storage] = {}

    def find(key: Any) -> _Storage:
        storage = _storage(key)
        if storages.setdefault(storage.key, storage) != storage:
            raise UnexpectedError(f"expected one storage {storage.key!r}, got two that differ")
        return storage

    content = _load(file, find)
    places = _places(file, restricted_load(file, {}), storages)

    def read(storage: _Storage) -> bytes:
        file.seek(places[storage.key])
        return file.read(storage.size)

    return content, read


def _places(file: BinaryIO, keys: Any, storages: dict[str, _Storage]) -> dict[str, int]:
    """Return the position of each storage's numbers, which follow their count."""
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise UnexpectedError("expected a list of the storages that the tensors use, got something else")
    if set(keys) != set(storages) or len(keys) != len(storages):
        raise UnexpectedError("expected a list of the storages that the tensors use, got another")
    places, end = {}, os.fstat(file.fileno()).st_size
    for key in keys:
        count = int.from_bytes(file.read(8), "little")
        if count != storages[key].length:
            raise UnexpectedError(f"expected {storages[key].length} numbers in storage {key!r}, got {count}")
        places[key] = file.tell()
        _check_size(storages[key], min(storages[key].size, end - places[key]))
        file.seek(storages[key].size, os.SEEK_CUR)
    if file.tell() != end:
        raise UnexpectedError(
            f"expected the file to end with its tensors, got {end - file.tell()} bytes more"
        )
    return places


def _check_size(storage: _Storage, available: int) -> None:
    if storage.size != available:
        raise UnexpectedError(f"expected {storage.size} bytes in storage {storage.key!r}, got {available}")


def _storage(key: Any) -> _Storage:
    """Parse a persistent id: ("storage", type, key, device, count), followed by None in old files."""
    word, dtype, name, _, count, *view = key
    if (
        word != "storage"
        or not isinstance(dtype, np.dtype)
        or not isinstance(name, str)
        or not _are_counts([count])
    ):
        raise UnexpectedError("expected a storage of numbers, got something else")
    if view not in ([], [None]):
        raise UnexpectedError(f"expected storage {name!r} to be whole, got a part of another")
    return _Storage(name, dtype, count)


def _tensor(storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> _Tensor:
    """Replace torch._utils._rebuild_tensor and _v2; their further arguments concern training."""
    is_tensor = isinstance(storage, _Storage) and type(shape) is tuple and type(strides) is tuple
    if not is_tensor or len(shape) != len(strides) or not _are_counts((offset, *shape, *strides)):
        raise UnexpectedError("expected a tensor with offset, shape and strides, got something else")
    last = offset + sum((length - 1) * step for length, step in zip(shape, strides, strict=True))
    if 0 not in shape and last >= storage.length:
        raise UnexpectedError(
            f"expected a tensor inside storage {storage.key!r} of {storage.length} numbers,"
            f" got one that reaches number {last}"
        )
    return _Tensor(storage, offset, shape, strides)


def _are_counts(values: Any) -> bool:
    return all(type(value) is int and value >= 0 for value in values)


def _parameter(tensor: Any, *_: Any) -> Any:
    return tensor


def _ordered_dict(items: Any = ()) -> OrderedDict[str, Any]:
    """Make an ordered dictionary; pickles of Python 2 pass its items."""
    if not all(isinstance(name, str) for name, _ in items):
        raise UnexpectedError("expected a dictionary of tensors, got one with other keys than names")
    return OrderedDict(items)


_REMEDY = "in PyTorch, save model.state_dict() alone"

_FLOATS = {"Float": "f4", "Double": "f8", "Half": "f2"}
_OTHERS = {"Long": "i8", "Int": "i4", "Short": "i2", "Char": "i1", "Byte": "u1", "Bool": "?"}
_NAMES: Names = {
    **NUMPY,
    **dict.fromkeys(("numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar"), lambda *_: None),
    "torch.BFloat16Storage": BFLOAT16,
    "collections.OrderedDict": _ordered_dict,
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_parameter": _parameter,
    **{
        f"torch.{name}Storage": np.dtype(code).newbyteorder("<") for name, code in (_FLOATS | _OTHERS).items()
    },
}
