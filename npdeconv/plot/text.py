"""Text that comes from data, such as names of classes: drawn letter by letter, as far as there are fonts."""

import unicodedata
import warnings
from functools import cache
from textwrap import fill
from typing import Any

from anyascii import anyascii
from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

from npdeconv._text import visible


def literal(text: str) -> str:
    """Return what Matplotlib draws as this text.

    Dollars are no mathematics, and control characters are escaped as Python does. Letters that no
    installed font has become ASCII, of which a warning tells once; for those that some font has,
    see `use_fonts`.
    """
    return "".join(_drawable(character) for character in visible(text)).replace("$", r"\$")


def in_legend(text: str) -> str:
    """Return a label for a legend, which would leave out one that begins with an underscore."""
    return literal(f" {text}" if text.startswith("_") else text)


def wrapped(text: str, width: int) -> str:
    """Break each line of a text where it has more letters than a width, between words if possible."""
    return "\n".join(fill(line, width) for line in text.splitlines())


def use_fonts(figure: Any) -> None:
    """Let the texts of a figure fall back to other installed fonts for letters that their own lacks."""
    for text in figure.findobj(Text):
        families = sorted({_family(character) or "" for character in text.get_text()} - {""})
        if families:
            text.set_fontfamily([*text.get_fontfamily(), *families])


def _drawable(character: str) -> str:
    if _family(character) is not None:
        return character
    if unicodedata.category(character) in ("Cf", "Mn"):  # they only change the letter beside them
        return ""
    spelled = anyascii(character) or character.encode("unicode_escape").decode()
    _tell_once(character, spelled)
    return spelled


@cache
def _family(character: str) -> str | None:
    """Return the font that a character needs: "" for the usual one, None if no installed one has it."""
    code = ord(character)
    if character == "\n" or get_font(findfont(FontProperties())).get_char_index(code):
        return ""
    return _other_families().get(code)


@cache
def _other_families() -> dict[int, str]:
    """Return a family for each character that some installed font has."""
    families: dict[int, str] = {}
    for entry in sorted(fontManager.ttflist, key=lambda entry: (entry.style != "normal", entry.name)):
        if "last resort" in entry.name.lower():  # has boxes for all
            continue
        try:
            characters = FT2Font(entry.fname).get_charmap()
        except (OSError, RuntimeError):  # a font that is gone or damaged is none
            continue
        for code in characters:
            families.setdefault(code, entry.name)
    return families


_told: set[str] = set()


def _tell_once(character: str, spelled: str) -> None:
    if not _told:
        _told.add(character)
        warnings.warn(
            f"no installed font has {character!r}, drawn as {spelled!r}, like other such letters; "
            "a font that has them would be used, such as Noto Sans CJK or Noto Emoji",
            stacklevel=2,
        )
