"""Names of classes: matching two lists of them, and finding one by name or number."""

from collections import Counter
from collections.abc import Sequence

from npdeconv._checks import did_you_mean

LISTED = 10
"""The most names that a message lists; the rest are counted."""


def class_indices(names: Sequence[str], known: Sequence[str]) -> list[int | None]:
    """Return the index of each name among the known ones, or None for an unknown name.

    An exact match comes first. Otherwise capitals are ignored and underscores count as spaces, if
    only one class matches then.

    Examples
    --------
    >>> nd.data.class_indices(["Sea_Water", "lemon"], ["tomato", "sea water"])
    [1, None]
    """
    exact = {name: number for number, name in enumerate(known)}
    counts = Counter(map(_plain, known))
    alike = {_plain(name): number for name, number in exact.items() if counts[_plain(name)] == 1}
    asked = Counter(map(_plain, names))
    return [exact.get(name, alike.get(_plain(name)) if asked[_plain(name)] == 1 else None) for name in names]


def class_number(label: str | int, classes: Sequence[str], who: str) -> int:
    """Return the number of a class that is given by name or, if no name fits, by number.

    Raises
    ------
    KeyError
        If there is no such class.

    Examples
    --------
    >>> classes = "cat", "dog"
    >>> nd.data.class_number("dog", classes, "example"), nd.data.class_number(0, classes, "example")
    (1, 0)
    """
    if isinstance(label, str):
        (found,) = class_indices([label], classes)
        if found is not None:
            return found
    if not isinstance(label, bool) and str(label).isdecimal() and int(label) < len(classes):
        return int(label)
    hint = did_you_mean(str(label), classes)
    raise KeyError(f"{who}: no class {label!r}{hint}; the classes are {list_names(classes)}")


def list_names(names: Sequence[str]) -> str:
    """Return names as a list in a sentence."""
    shown = ", ".join(names[:LISTED])
    return shown if len(names) <= LISTED else f"{shown} and {len(names) - LISTED:,} more"


def _plain(name: str) -> str:
    return name.replace("_", " ").casefold()
