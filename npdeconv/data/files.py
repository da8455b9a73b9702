"""Where data files lie, and how missing ones get there.

They are looked for in ``$NPDECONV_DATA``, then in ``datasets/`` (of the checkout, otherwise of the
current directory), then in the user's cache. What is found is used as it is; what is missing is
downloaded into the checkout's ``datasets/``, or into the cache where there is no checkout. A file
gets its final name only when it is complete and its SHA-256 is the known one.
"""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pooch

from npdeconv.data.archive import unpack

CHECKOUT = Path(__file__).resolve().parents[2]


class Source(NamedTuple):
    """A file, or a folder that comes as a zip or tar.gz file, and where to get it."""

    path: str
    """Where it belongs in a data folder, such as ``"mnist/t10k-labels-idx1-ubyte.gz"``."""
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
    """Return where a file or folder lies: here, or else in the data folders; the path itself if nowhere."""
    here = Path(path)
    return here if here.exists() else find(here) or here


def fetch(source: Source, *other_names: str | os.PathLike[str]) -> Path:
    """Return where a file or folder lies, after downloading it if it is missing.

    What has one of some other names in the first data folder that has any is taken as well.

    Raises
    ------
    FileNotFoundError
        If it is missing and could not be downloaded; says which file to put where.
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
        # Beside the target, so that the last step is one rename; gone afterwards, whatever happens.
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
            f"found it in none and could not download it ({_reason(error)}); put {what} at {target}"
        ) from error
    return target


def _retrieve(source: Source, scratch: Path) -> Path:
    """Download from the first server that answers."""
    for url in source.urls:
        try:
            name = url.rpartition("/")[2]
            return Path(pooch.retrieve(url, f"sha256:{source.sha256}", name, scratch, progressbar=True))
        except OSError:  # all that requests raises is of this kind
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
    return Path(pooch.os_cache("npdeconv"))
