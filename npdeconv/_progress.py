"""Progress bars, on stderr: in a terminal and in a notebook, but not in a pipe or a file."""

import sys
import warnings
from collections.abc import Iterable
from functools import cache
from typing import Any

from tqdm import TqdmWarning, tqdm


def progress_bar(items: Iterable[Any] | None = None, *, shown: bool = True, **options: Any) -> "tqdm[Any]":
    """Return tqdm's bar for where this runs: a widget, or text where there are no widgets.

    Parameters
    ----------
    items : iterable, optional
        What the bar counts while they are taken.
    shown : bool
        False hides the bar everywhere.
    **options
        As `tqdm.tqdm` takes them.
    """
    # None hides the bar unless stderr is a terminal, which a notebook's is not.
    wanted = False if "ipykernel.zmqshell" in sys.modules else None
    bar: tqdm[Any] = bar_class()(items, disable=wanted if shown else True, **options)
    return bar


@cache
def bar_class() -> Any:
    """Return tqdm's class of bars for where this runs; other packages that import it later do so unwarned."""
    with warnings.catch_warnings():
        # In a notebook without ipywidgets. The text will do.
        warnings.simplefilter("ignore", category=TqdmWarning)
        from tqdm.auto import tqdm as kind  # takes a while to import
    return kind
