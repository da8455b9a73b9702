"""Files that operating systems put among images."""

from pathlib import Path

SYSTEM = {
    *("thumbs.db", "ehthumbs.db", "desktop.ini", "$recycle.bin", "system volume information"),  # Windows
    *("__macosx", "icon\r"),
    *("@eadir", "lost+found"),  # network storage, Linux
}
"""Names of the systems' own files and folders, in lower case."""


def is_system_file(name: str) -> bool:
    """Tell whether a file or folder of this name is hidden, as ``._photo.jpg`` is, or a system's own."""
    return name.startswith(".") or name.casefold() in SYSTEM


def entries(folder: Path) -> list[Path]:
    """List the files and folders in a folder by name, without hidden and system ones."""
    return sorted(entry for entry in folder.iterdir() if not is_system_file(entry.name))
