"""Text from data, such as class names, drawn literally and in a font that has its letters."""

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
    r"""Return a string that Matplotlib draws as this text.

    Dollars start no formula, and control characters are escaped as in Python. Letters that no
    installed font has become ASCII, with one warning. For letters of other installed fonts, see
    `use_fonts`.

    Examples
    --------
    >>> nd.plot.literal("costs $5 or $6")
    'costs \\$5 or \\$6'
    """
    return "".join(_drawable(character) for character in visible(text)).replace("$", r"\$")


def in_legend(text: str) -> str:
    """Return a label for a legend; Matplotlib omits labels that begin with an underscore."""
    return literal(f" {text}" if text.startswith("_") else text)


def wrapped(text: str, width: int) -> str:
    """Break the lines of a text at a width, between words if possible."""
    return "\n".join(fill(line, width) for line in text.splitlines())


def use_fonts(figure: Any) -> None:
    """Let the texts of a figure fall back to other installed fonts for missing letters.

    Examples
    --------
    >>> ax = nd.plot.image(np.zeros((4, 4, 1)), title="a café")
    >>> nd.plot.use_fonts(ax.figure)
    """
    for text in figure.findobj(Text):
        families = sorted({_family(character) or "" for character in text.get_text()} - {""})
        if families:
            text.set_fontfamily([*text.get_fontfamily(), *families])


def _drawable(character: str) -> str:
    if _family(character) is not None:
        return character
    if unicodedata.category(character) in ("Cf", "Mn"):  # they only modify a neighboring letter
        return ""
    spelled = anyascii(character) or character.encode("unicode_escape").decode()
    _warn_once(character, spelled)
    return spelled


@cache
def _family(character: str) -> str | None:
    """Return the font for a character: "" for the default font, None if no installed font has it."""
    code = ord(character)
    if character == "\n" or get_font(findfont(FontProperties())).get_char_index(code):
        return ""
    return _other_families().get(code)


@cache
def _other_families() -> dict[int, str]:
    """Return a family for each character that some installed font has."""
    families: dict[int, str] = {}
    for entry in sorted(fontManager.ttflist, key=lambda entry: (entry.style != "normal", entry.name)):
        if "last resort" in entry.name.lower():  # it draws boxes for all characters
            continue
        try:
            characters = FT2Font(entry.fname).get_charmap()
        except (OSError, RuntimeError):  # the font is missing or damaged
            continue
        for code in characters:
            families.setdefault(code, entry.name)
    return families


_warned: set[str] = set()


def _warn_once(character: str, spelled: str) -> None:
    if not _warned:
        _warned.add(character)
        warnings.warn(
            f"no font has {character!r}, which is drawn as {spelled!r}, like other such letters; "
            "install a font that has them, such as Noto Sans CJK or Noto Emoji",
            stacklevel=2,
        )
