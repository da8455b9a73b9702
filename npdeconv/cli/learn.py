"""`npdeconv learn`: exercises that check themselves.

`npdeconv learn start DIR` writes a file with a skeleton for each exercise into DIR, and never changes a
file that is there. Write the code with any editor. `npdeconv learn test 3.1` then checks it, idea after
idea, and names the first that does not hold; `hint 3.1` gives a hint for it, each call the next one;
`solution 3.1` shows a solution.
`npdeconv learn` alone lists the exercises and what has been passed. Run it in DIR, or give --dir DIR.
"""

import argparse

from npdeconv import learn
from npdeconv.cli.options import at_least
from npdeconv.cli.parser import Parser

ACTIONS = ("start", "test", "hint", "solution")


def add(parser: Parser) -> None:
    """Declare the options."""
    option = parser.add_argument
    option("action", nargs="?", choices=ACTIONS, help="what to do; the list of exercises, if not given")
    option("what", nargs="?", metavar="DIR|EXERCISE", help="the folder to start, or an exercise, such as 3.1")
    option("--dir", default=".", metavar="DIR", help="the folder that was started")
    option("--level", type=at_least(1), metavar="N", help="which hint, from 1, instead of the next one")


def run(options: argparse.Namespace) -> None:
    """Do it; a test that is not passed fails."""
    action, what, folder = options.action, options.what, options.dir
    if options.level is not None and action != "hint":
        raise ValueError("learn: --level is an option of `npdeconv learn hint`")
    if action is None:
        print(learn.overview(folder))
        return
    if what is None:
        wanted = "a folder, such as `course`" if action == "start" else "an exercise, such as 3.1"
        raise ValueError(f"learn {action}: expected {wanted}, got nothing")
    if action == "start":
        print(learn.start(what))
        print(learn.overview(what))
    elif action == "hint":
        print(learn.hint(what, level=options.level, folder=folder))
        command = f"`npdeconv learn solution {what}{_where(folder)}`"
        print(f"Ask again for the next, if there is one; {command} shows a solution.")
    elif action == "solution":
        print(learn.solution(what, folder=folder))
    else:
        verdict = learn.test(what, folder=folder)
        print(verdict)
        if not verdict.passed:
            print(f"`npdeconv learn hint {verdict.exercise}{_where(folder)}` gives a hint.")
            raise ArithmeticError(f"exercise {verdict.exercise} is not passed yet: {verdict.failed_idea}")


def _where(folder: str) -> str:
    return "" if folder == "." else f" --dir {folder}"
