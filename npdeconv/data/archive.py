"""Unpack a zip file that somebody else made."""

import shutil
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

LARGEST = 2**30
"""Bytes that an archive may unpack to; the largest known one has 200 million."""

# What zipfile raises; the last two where a name comes twice, or as a file and a folder.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    FileExistsError,
    NotADirectoryError,
)


def unpack(archive: Path, members: str, target: Path) -> Path:
    """Unpack the folder `members` of a zip file as the new folder `target`.

    Other members and hidden files are left out, but every name is checked.

    Returns
    -------
    Path
        The target.

    Raises
    ------
    ValueError
        If the file is no complete zip file, a member would land outside of the target or is a
        link, the whole is too large, or there is no such folder in it. The target may then be
        incomplete; it is the caller's to remove.
    """
    try:
        with zipfile.ZipFile(archive) as file:
            wanted = [member for member in _checked(file, archive) if _is_wanted(member, members)]
            if not wanted:
                raise ValueError(f"{archive}: expected files in a folder {members}, got none")
            for member in wanted:
                place = target / PurePosixPath(member.filename).relative_to(members)
                place.parent.mkdir(parents=True, exist_ok=True)
                with file.open(member) as source, place.open("xb") as sink:
                    shutil.copyfileobj(source, sink)
    except DAMAGE as error:
        raise ValueError(f"{archive}: expected a complete zip file, got a damaged one ({error})") from error
    return target


def _checked(file: zipfile.ZipFile, archive: Path) -> list[zipfile.ZipInfo]:
    """Return the members, none of which may leave the folder it is unpacked to."""
    for member in file.infolist():
        name = PurePosixPath(member.filename)
        escapes = (
            name.is_absolute() or ".." in name.parts or "\\" in member.filename or ":" in member.filename
        )
        if escapes or stat.S_ISLNK(member.external_attr >> 16):
            raise ValueError(f"{archive}: expected plain files inside the archive, got {member.filename!r}")
    size = sum(member.file_size for member in file.infolist())  # zipfile never unpacks more than this
    if size > LARGEST:
        raise ValueError(f"{archive}: expected at most {LARGEST} bytes when unpacked, got {size}")
    return file.infolist()


def _is_wanted(member: zipfile.ZipInfo, members: str) -> bool:
    name = PurePosixPath(member.filename)
    return not member.is_dir() and members in map(str, name.parents) and not name.name.startswith(".")
