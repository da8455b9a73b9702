"""Untrusted text: names of classes, files and folders, which may hold any character."""

import unicodedata

_UNSAFE = {
    "Cc",  # control characters: escape sequences move a terminal's cursor, newlines break a table
    "Cf",  # invisible characters: some reverse the text that follows
    "Cs",  # surrogates: bytes of a file's name that are not UTF-8
    "Zl",
    "Zp",
}
_JOINERS = "\u200c\u200d"  # invisible, but letters of some scripts and emoji need them


def visible(text: str) -> str:
    r"""Return a text with its invisible characters escaped as in Python: `\n`, `\x1b`.

    >>> from npdeconv._text import visible
    >>> print(visible("two\nlines"))
    two\nlines
    """
    return "".join(_escaped(character) if _is_unsafe(character) else character for character in text)


def _is_unsafe(character: str) -> bool:
    return unicodedata.category(character) in _UNSAFE and character not in _JOINERS


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()
