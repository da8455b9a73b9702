"""A parser of arguments that helps with those that are nearly right."""

import argparse
import re
from collections.abc import Iterable
from typing import Any, NoReturn

from npdeconv._checks import did_you_mean
from npdeconv._text import visible


class Parser(argparse.ArgumentParser):
    """Names the command, the choice or the option that was probably meant.

    Arguments that a command does not know are refused by the command's own parser, with its usage.
    """

    def parse_known_args(
        self, args: Iterable[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """Parse; what is not known is an error here, not in the parser above."""
        options, unknown = super().parse_known_args(args, namespace)
        if unknown:
            known = re.findall(r"--[a-z][a-z-]*", self.format_help())
            hints = [did_you_mean(word.partition("=")[0], known) for word in unknown if word[:1] == "-"]
            self.error(f"unrecognized arguments: {' '.join(unknown)}{''.join(hints[:1])}")
        return options, unknown

    def error(self, message: str) -> NoReturn:
        """Print the usage and the message, with a hint to a choice that is nearly right, and exit."""
        refused = re.search(r"invalid choice: '(.*)' \(choose from (.*)\)$", message)
        hint = did_you_mean(refused[1], re.split(r"[', ]+", refused[2])) if refused else ""
        super().error(visible(message + hint))
