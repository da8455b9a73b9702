"""The command line: `npdeconv COMMAND`, or `python -m npdeconv COMMAND`."""

import os
import sys
from collections.abc import Sequence

from npdeconv.cli.console import complain, mend_streams, one_line_warnings, sentence, settle_stdout


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit status. Errors that users can fix print one sentence, with status 2."""
    mend_streams()
    # A process inherits a notebook's backend, which may not be installed here.
    os.environ["MPLBACKEND"] = "agg"
    try:
        return _run(arguments)
    finally:
        settle_stdout()


def _run(arguments: Sequence[str] | None) -> int:
    try:
        from npdeconv.cli import commands  # takes a second or two, in which Ctrl-C may come

        one_line_warnings()
        commands.run(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt as error:
        error.args = ("interrupted",)
        complain(sentence(error))
        return 130
    except BrokenPipeError:
        return 0  # the reader of our output has closed it
    except (ValueError, TypeError, LookupError, OSError, ArithmeticError, ImportError, MemoryError) as error:
        complain(sentence(error))
        return 2
    return 0
