"""Ideas of every exercise: what the machinery itself finds out about an answer."""

from npdeconv.learn.exercise import Idea


def _elsewhere(*_functions: object) -> None:
    """Check nothing: the machinery does."""


WRITTEN = Idea(
    "there is something to test",
    _elsewhere,
    (
        "Open your file and replace the line `raise NotImplementedError(...)` by your code.",
        "The docstring says what goes in and what comes out. `npdeconv learn test` says what is wrong.",
    ),
)
RUNS = Idea(
    "your file can be read and run",
    _elsewhere,
    (
        "Read the last line of the message first, then look at the line of your file that it names.",
        "Run the file by itself with Python: it should end without an error.",
        "The function keeps the name that it had: `npdeconv learn start` into a new folder shows it.",
    ),
)
OWN_WORK = Idea(
    "it is your own work, in plain NumPy",
    _elsewhere,
    (
        "The exercise is to build the operation. Use loops, or NumPy's slices and sums.",
        "Start with loops over every axis; make it faster when it is right.",
    ),
)
INPUTS_KEPT = Idea(
    "the inputs stay as they are",
    _elsewhere,
    (
        "Somebody else may still need the arrays that you were given.",
        "`x += 1` and `x[i] = 0` change the caller's array; `x = x + 1` makes a new one.",
        "Write into a copy: `x = x.copy()` in the first line.",
    ),
)
ENDS = Idea(
    "it comes to an end",
    _elsewhere,
    (
        "Which loop does not stop, and which variable should change in it?",
        "Prefer `for i in range(...)` to `while`: it always ends.",
    ),
)

COMMON = (WRITTEN, RUNS, OWN_WORK, INPUTS_KEPT, ENDS)
