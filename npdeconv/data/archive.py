"""Unpack an untrusted zip or tar.gz file.

The standard library unpacks; its data filter keeps the members of tar files inside the target. Stricter
checks come first: of every name, of links, and of the size of the whole.
"""

import errno
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from npdeconv.data.system_files import is_system_file

LARGEST = 2**30
"""The most bytes that an archive may unpack to; the largest known one has 200 million."""


def unpack(archive: Path, members: str, target: Path) -> Path:
    """Unpack the folder `members` of a `.tar.gz` file, or of a zip file, as the new folder `target`.

    Every name is checked, but other members and system files are left out.

    Returns
    -------
    Path
        The target.

    Raises
    ------
    ValueError
        If the file is no complete archive, a member is a link or leads outside the target, a name
        occurs twice, the whole is too large, or the folder is missing.
    OSError
        If the archive can't be read, or the target can't be written.

    Notes
    -----
    The target appears when it is complete; after an error it does not exist.
    """
    is_tar = archive.name.endswith(".tar.gz")
    kind = "tar.gz" if is_tar else "zip"
    with ExitStack() as stack:
        with _damage_as_error(archive, kind):
            listed = stack.enter_context(_in_tar(archive) if is_tar else _in_zip(archive))
        _check_members(listed, archive)
        wanted = [member for member in listed if _is_wanted(member, members)]
        if not wanted:
            raise ValueError(f"{archive}: expected files in a folder {members}, got none")
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=target.parent)))
        with _damage_as_error(archive, kind):
            for member in wanted:
                member.extract(scratch)
        (scratch / members).rename(target)
    return target


class _Member(NamedTuple):
    name: str
    is_folder: bool
    is_file: bool  # no link or device
    size: int
    extract: Callable[[Path], object]  # into a folder, under its name


@contextmanager
def _in_zip(archive: Path) -> Iterator[list[_Member]]:
    with zipfile.ZipFile(archive) as file:
        yield [
            _Member(
                name=member.filename,
                is_folder=member.is_dir(),
                is_file=not member.is_dir() and not stat.S_ISLNK(member.external_attr >> 16),
                size=member.file_size,  # zipfile never unpacks more than this
                extract=partial(file.extract, member),
            )
            for member in file.infolist()
        ]


@contextmanager
def _in_tar(archive: Path) -> Iterator[list[_Member]]:
    with tarfile.open(archive, "r:gz") as file:
        # Python 3.11.0 to 3.11.3 have no filters; the checks below are stricter than this one.
        file.extraction_filter = getattr(tarfile, "data_filter", None)
        yield [
            _Member(
                name=member.name,
                is_folder=member.isdir(),
                is_file=member.isreg(),
                size=member.size,
                extract=partial(file.extract, member, set_attrs=False),  # permissions by the umask
            )
            for member in _until_too_large(file)
        ]


def _until_too_large(file: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Yield members until they exceed the limit, since listing a tar.gz unpacks it, too."""
    size = 0
    for member in file:
        yield member
        size += member.size
        if size > LARGEST:
            return


@contextmanager
def _damage_as_error(archive: Path, kind: str) -> Iterator[None]:
    damage = zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError
    try:
        yield
    except (*damage, NotImplementedError, RuntimeError) as error:
        # Errors of damage have no number, or EINVAL of an impossible position; others are the disk's.
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        raise ValueError(
            f"{archive}: expected a complete {kind} file, got a damaged one ({error})"
        ) from error


def _check_members(members: list[_Member], archive: Path) -> None:
    for member in members:
        name = PurePosixPath(member.name)
        escapes = name.is_absolute() or ".." in name.parts or "\\" in member.name or ":" in member.name
        if escapes or not (member.is_file or member.is_folder):
            raise ValueError(f"{archive}: expected plain files inside the target, got {member.name!r}")
    files = [PurePosixPath(member.name) for member in members if member.is_file]
    folders = {parent for name in files for parent in name.parents}
    if len(set(files)) < len(files) or folders & set(files):
        raise ValueError(f"{archive}: expected each name once in the archive, got one twice")
    size = sum(member.size for member in members)
    if size > LARGEST:
        raise ValueError(f"{archive}: expected at most {LARGEST} bytes when unpacked, got {size}")


def _is_wanted(member: _Member, members: str) -> bool:
    name, folder = PurePosixPath(member.name), PurePosixPath(members)
    if not member.is_file or folder not in name.parents:
        return False
    return not any(map(is_system_file, name.relative_to(folder).parts))
