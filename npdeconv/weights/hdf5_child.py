"""The program that reads an HDF5 file in a child process, see `hdf5`.

It is run as a script and imports nothing of the package. Its arguments are the file and the bytes of
memory that it may take. It first writes a line of JSON that lists the content of the file. For each
input line with the name of an array, it then writes a line and the array's bytes.
"""

import io
import json
import math
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

ATTRIBUTES = ("layer_names", "weight_names", "model_config", "nb_layers", "name")
LARGEST_ATTRIBUTE = 2**24
"""The most bytes of an attribute; in most files, HDF5 itself allows 64 KB."""

MOST_ENTRIES = 100_000
SMALL_CHUNK = 2**22
"""Bytes of a chunk that is always read: h5py gives even small growing arrays chunks of up to 1 MB."""


def limit_memory(size: int) -> None:
    """Limit the memory that this process may still take to `size` bytes, on Linux only."""
    pages = Path("/proc/self/statm")
    if sys.platform != "win32" and pages.exists():
        import resource

        taken = int(pages.read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (taken + size, taken + size))


def open_file(path: str, answer: dict[str, Any]) -> Any:
    """Open an HDF5 file, or the one inside a `.keras` archive, whose model goes into `answer`."""
    if not zipfile.is_zipfile(path):
        return h5py.File(path, "r")
    with zipfile.ZipFile(path) as archive:
        for member in (archive.getinfo("config.json"), archive.getinfo("model.weights.h5")):
            if member.compress_type != zipfile.ZIP_STORED:  # Keras compresses none; others unpack to any size
                raise ValueError(f"{member.filename} is compressed")
        answer["model"] = archive.read("config.json").decode()
        return h5py.File(io.BytesIO(archive.read("model.weights.h5")), "r")


def walk(file: Any) -> Iterator[tuple[str, str, Any]]:
    """Yield (path, kind of link, object) of all entries; links that may leave the file are not followed."""
    left, seen, count = [("", file)], set(), 0
    while left:
        path, group = left.pop()
        address = h5py.h5o.get_info(group.id).addr
        if address in seen:  # groups may contain one another
            continue
        seen.add(address)
        yield path, "HardLink", group
        for name in group:
            count += 1
            if count > MOST_ENTRIES:
                raise ValueError(f"it has more than {MOST_ENTRIES} entries")
            kind, inner = type(group.get(name, getlink=True)).__name__, f"{path}/{name}".lstrip("/")
            entry = group[name] if kind == "HardLink" else None
            if isinstance(entry, h5py.Group):
                left.append((inner, entry))
            else:
                yield inner, kind, entry


def describe(file: Any, answer: dict[str, Any]) -> None:
    """List groups with their attributes, arrays with shape and type, and links."""
    answer |= {"groups": {}, "arrays": {}, "links": {}}
    for path, kind, entry in walk(file):
        if kind != "HardLink":
            answer["links"][path] = kind
        elif isinstance(entry, h5py.Group):
            answer["groups"][path] = {
                name: plain(entry.attrs, name)
                for name in entry.attrs
                if name.rstrip("0123456789") in ATTRIBUTES
            }
        elif isinstance(entry, h5py.Dataset):
            if entry.external or entry.is_virtual:
                answer["links"][path] = "numbers of another file"
            else:
                answer["arrays"][path] = [entry.shape or (), entry.dtype.str]


def plain(attributes: Any, name: str) -> Any:
    """Return an attribute as numbers, text, or a list of them."""
    attribute = attributes.get_id(name)
    size = math.prod(attribute.shape or (0,)) * attribute.dtype.itemsize
    if size > LARGEST_ATTRIBUTE:
        raise ValueError(f"the attribute {name} takes {size} bytes")
    value = np.asarray(attributes[name]).tolist()
    texts = value if isinstance(value, list) else [value]
    texts = [text.decode() if isinstance(text, bytes) else text for text in texts]
    return texts if isinstance(value, list) else texts[0]


def read(file: Any, name: str) -> Any:
    """Read an array, unless its chunks take more memory than the array itself."""
    entry = file[name]
    chunk = math.prod(entry.chunks or (0,)) * entry.dtype.itemsize
    if chunk > max(entry.nbytes, SMALL_CHUNK):
        raise ValueError(f"{name} takes {entry.nbytes} bytes, but is stored in chunks of {chunk}")
    return np.ascontiguousarray(entry[()])


def main(path: str, memory: str) -> None:
    """Answer all input lines; an error is the last answer."""
    out = sys.stdout.buffer

    def say(answer: dict[str, Any]) -> None:
        out.write(json.dumps(answer).encode() + b"\n")
        out.flush()

    limit_memory(int(memory))
    try:
        answer: dict[str, Any] = {"model": None}
        with open_file(path, answer) as file:
            describe(file, answer)
            say(answer)
            for line in sys.stdin.buffer:
                array = read(file, json.loads(line))
                say({})
                out.write(array.data)
                out.flush()
    except MemoryError:
        say({"error": f"reading it takes more than {int(memory) // 2**20} MB"})
    except Exception as error:
        say({"error": " ".join(str(error).split()) or type(error).__name__})


if __name__ == "__main__":
    main(*sys.argv[1:])
