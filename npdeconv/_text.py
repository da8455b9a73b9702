"""Text that comes from data: names of classes, files and folders, which may hold anything."""

import unicodedata

_UNSAFE = {
    "Cc",  # control characters: escape sequences move a terminal's cursor, newlines break a table
    "Cf",  # invisible ones: some turn the text that follows around
    "Cs",  # halves of a pair: bytes of a file's name that are no UTF-8
    "Zl",
    "Zp",
}
_JOINERS = "\u200c\u200d"  # invisible, but letters of some scripts and emoji need them


def visible(text: str) -> str:
    r"""Return a text with everything that does not show itself escaped as in Python: `\n`, `\x1b`.

    >>> print(visible("two\nlines"))
    two\nlines
    """
    return "".join(_escaped(character) if _is_unsafe(character) else character for character in text)


def _is_unsafe(character: str) -> bool:
    return unicodedata.category(character) in _UNSAFE and character not in _JOINERS


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()
