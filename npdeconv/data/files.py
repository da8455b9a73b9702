"""The places of data files, and the download of missing ones.

Files are looked for in ``$NPDECONV_DATA``, then in ``datasets/`` (of the checkout, otherwise of the
current directory), then in the user's cache. A missing file is downloaded into the checkout's
``datasets/``, or into the cache if there is no checkout. It gets its final name only when it is
complete and has the known SHA-256.
"""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import NamedTuple

from npdeconv._progress import bar_class, progress_bar
from npdeconv.data.archive import unpack

CHECKOUT = Path(__file__).resolve().parents[2]


class Source(NamedTuple):
    """A file, or a folder packed as a zip or tar.gz file, and the servers that have it."""

    path: str
    """Its path in a data folder, such as ``"mnist/t10k-labels-idx1-ubyte.gz"``."""
    urls: tuple[str, ...]
    """The same file on several servers, tried in this order."""
    sha256: str
    """Checksum of the download, in hexadecimal digits."""
    members: str | None = None
    """For a zip or tar.gz file: the folder in it that becomes `path`."""


def data_folders() -> list[Path]:
    """List the folders in which data files are looked for, in order."""
    chosen = os.environ.get("NPDECONV_DATA")
    local = _checkout_datasets() or Path("datasets").absolute()
    return [*([Path(chosen)] if chosen else []), local, _cache()]


def find(path: str | os.PathLike[str]) -> Path | None:
    """Return the first file or folder of this relative path in the data folders, or None."""
    candidates = [folder / path for folder in data_folders()]
    return next((candidate for candidate in candidates if candidate.exists()), None)


def locate(path: str | os.PathLike[str]) -> Path:
    """Return the path of a file or folder: as given, or in the data folders; as given if it is in neither."""
    here = Path(path)
    return here if here.exists() else find(here) or here


def fetch(source: Source, *other_names: str | os.PathLike[str]) -> Path:
    """Return the path of a file or folder, after downloading it if it is missing.

    The first data folder that has the file under any of its names is used.

    Raises
    ------
    FileNotFoundError
        If it is missing and could not be downloaded. The message says which file to put where.
    ValueError
        If the download is not the known file. It is not kept.
    """
    candidates = [folder / name for folder in data_folders() for name in (source.path, *other_names)]
    is_there = Path.is_file if source.members is None else Path.exists
    found = next(filter(is_there, candidates), None)
    return found or _download(source, _checkout_datasets() or _cache())


def _download(source: Source, folder: Path) -> Path:
    target = folder / source.path
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # A folder beside the target, so that the last step is one rename.
        with TemporaryDirectory(prefix=".download-", dir=target.parent) as scratch:
            arrived = _retrieve(source, Path(scratch))
            if source.members is not None:
                arrived = unpack(arrived, source.members, Path(scratch) / "unpacked")
            arrived.rename(target)
    except OSError as error:
        what = (
            source.urls[0] if source.members is None else f"the folder {source.members} of {source.urls[0]}"
        )
        raise FileNotFoundError(
            f"{source.path}: expected it in one of {', '.join(map(str, data_folders()))}, "
            f"got none and could not download it ({_reason(error)}); put {what} at {target}"
        ) from error
    return target


def _retrieve(source: Source, scratch: Path) -> Path:
    """Download from the first server that answers."""
    pooch = _pooch()
    for url in source.urls:
        try:
            name = url.rpartition("/")[2]
            with progress_bar(total=1, unit="B", unit_scale=True) as bar:  # pooch sets the total
                hashed = f"sha256:{source.sha256}"
                return Path(pooch.retrieve(url, hashed, name, scratch, progressbar=bar))
        except OSError:  # the base class of all errors of requests
            if url == source.urls[-1]:
                raise
        except ValueError as error:
            raise ValueError(f"{url}: expected a file of SHA-256 {source.sha256}, got another") from error
    raise AssertionError("a source has at least one url")


def _reason(error: OSError) -> str:
    response = getattr(error, "response", None)
    if response is not None:
        return f"the server answered {response.status_code}"
    return error.strerror or "no connection"


def _checkout_datasets() -> Path | None:
    folder = CHECKOUT / "datasets"
    return folder if (folder / "README.md").is_file() else None


def _cache() -> Path:
    return Path(_pooch().os_cache("npdeconv"))


def _pooch() -> ModuleType:
    bar_class()  # first: in a notebook without ipywidgets, pooch's own import of it would warn
    import pooch

    return pooch
