"""Unpack a zip file that somebody else made."""

import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

LARGEST = 2**30
"""Bytes that an archive may unpack to; the largest known one has 200 million."""


def unpack(archive: Path, members: str, target: Path) -> Path:
    """Unpack the folder `members` of a zip file as the new folder `target`.

    Other members and hidden files are left out, but every name is checked first.

    Returns
    -------
    Path
        The target.

    Raises
    ------
    ValueError
        If the file is no complete zip file, a member is a link or would land outside of the
        target, a name comes twice, the whole is too large, or there is no such folder in it.
        The target may then be incomplete; it is the caller's to remove.
    """
    with _damage_named(archive):
        file = zipfile.ZipFile(archive)
    with file:
        _check_members(file.infolist(), archive)
        wanted = [member for member in file.infolist() if _is_wanted(member, members)]
        if not wanted:
            raise ValueError(f"{archive}: expected files in a folder {members}, got none")
        for member in wanted:
            with _damage_named(archive):
                content = file.read(member)
            place = target / PurePosixPath(member.filename).relative_to(members)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
    return target


@contextmanager
def _damage_named(archive: Path) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise ValueError(f"{archive}: expected a complete zip file, got a damaged one ({error})") from error


def _check_members(members: list[zipfile.ZipInfo], archive: Path) -> None:
    for member in members:
        name = PurePosixPath(member.filename)
        escapes = (
            name.is_absolute() or ".." in name.parts or "\\" in member.filename or ":" in member.filename
        )
        if escapes or stat.S_ISLNK(member.external_attr >> 16):
            raise ValueError(f"{archive}: expected plain files inside the archive, got {member.filename!r}")
    files = [PurePosixPath(member.filename) for member in members if not member.is_dir()]
    folders = {parent for name in files for parent in name.parents}
    if len(set(files)) < len(files) or folders & set(files):
        raise ValueError(f"{archive}: expected each name once in the archive, got one twice")
    size = sum(member.file_size for member in members)  # zipfile never unpacks more than this
    if size > LARGEST:
        raise ValueError(f"{archive}: expected at most {LARGEST} bytes when unpacked, got {size}")


def _is_wanted(member: zipfile.ZipInfo, members: str) -> bool:
    name = PurePosixPath(member.filename)
    return not member.is_dir() and PurePosixPath(members) in name.parents and not name.name.startswith(".")
