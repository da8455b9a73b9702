"""Parsers of arguments that suggest corrections of misspelled ones, and load commands lazily."""

import argparse
import re
from collections.abc import Iterable
from importlib import import_module
from typing import Any, NoReturn

from npdeconv._text import visible


class Parser(argparse.ArgumentParser):
    """Suggests the command, the choice or the option that was probably meant.

    A command's own parser refuses unknown arguments, with its usage.
    """

    def parse_known_args(
        self, args: Iterable[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """Parse; unknown arguments are an error here, not in the parent parser."""
        options, unknown = super().parse_known_args(args, namespace)
        if unknown:
            known = re.findall(r"--[a-z][a-z-]*", self.format_help())
            hints = [_hint(word.partition("=")[0], known) for word in unknown if word[:1] == "-"]
            self.error(f"unrecognized arguments: {' '.join(unknown)}{''.join(hints[:1])}")
        return options, unknown

    def error(self, message: str) -> NoReturn:
        """Print the usage and the message, with a hint to a similar choice, and exit."""
        refused = re.search(r"invalid choice: '(.*)' \(choose from (.*)\)$", message)
        hint = _hint(refused[1], re.split(r"[', ]+", refused[2])) if refused else ""
        super().error(visible(message + hint))


class Command(Parser):
    """The parser of a command; it imports the command's module when the command is chosen.

    The module's docstring describes the command; its `add` declares the options, its `run` runs it.
    """

    def __init__(self, *, module: str, **settings: Any) -> None:
        super().__init__(formatter_class=_HelpFormatter, allow_abbrev=False, **settings)
        self._module = module

    def declare(self) -> None:
        """Import the module, and take its description and its options."""
        module = import_module(self._module)
        self.description = (module.__doc__ or "").partition("\n\n")[2]
        module.add(self)
        self.set_defaults(run=module.run)

    def parse_known_args(
        self, args: Iterable[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """Declare the options, and parse."""
        self.declare()
        return super().parse_known_args(args, namespace)


class _HelpFormatter(argparse.ArgumentDefaultsHelpFormatter):
    """Shows only informative defaults."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        default = action.default
        if default is None or default is False or default == ():
            return action.help
        if isinstance(default, tuple):
            return f"{action.help} (default: {' '.join(map(str, default))})"
        return super()._get_help_string(action)


def _hint(word: str, known: Iterable[str]) -> str:
    from npdeconv._checks import did_you_mean  # loads NumPy, which help and version do not need

    return did_you_mean(word, known)
