"""No entry of `docs/paper_line_by_line.md` dangles: functions, commands, tests and numbers are all there."""

import ast
import inspect
import re
import shlex
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pytest

from npdeconv.cli.commands import parser_of_all

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
COLUMNS = ["paper", "says", "function", "command", "test", "measured"]
NOTHING = "–"


class Row(NamedTuple):
    """One line of a table, as it is written."""

    paper: str
    says: str
    function: str
    command: str
    test: str
    measured: str


def rows_of(text: str) -> list[Row]:
    """Read all tables of a page; a row of another width is an error."""
    lines = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line] for line in lines]
    return [Row(*line) for line in cells if line[0] not in ("paper", "---")]


ROWS = rows_of((DOCS / "paper_line_by_line.md").read_text(encoding="utf-8"))


def quoted(cell: str) -> str | None:
    """Return what a cell has in backticks, or None for an empty one."""
    if cell == NOTHING:
        return None
    match = re.fullmatch(r"`([^`]+)`", cell)
    assert match, f"expected one `name` or {NOTHING}, got {cell}"
    return match[1]


def check_function(name: str) -> None:
    """Import a public function, class or method."""
    *path, last = name.split(".")
    try:
        place = import_module(".".join(path))
    except ModuleNotFoundError:  # a method of a class
        place = getattr(import_module(".".join(path[:-1])), path[-1])
    assert callable(getattr(place, last)), name
    assert inspect.getdoc(getattr(place, last)), f"{name} says nothing"


def check_command(line: str) -> None:
    """Parse a command as the command line would."""
    program, name, *arguments = shlex.split(line)
    assert program == "npdeconv", line
    parser_of_all()[1][name].parse_args(arguments)


def check_test(where: str) -> None:
    """Find a test in its file, without running it."""
    path, _, name = where.partition("::")
    body = ast.parse((ROOT / path).read_text(encoding="utf-8")).body
    assert name in {node.name for node in body if isinstance(node, ast.FunctionDef)}, where
    assert name.startswith("test_"), where


def check_measured(row: Row) -> None:
    """Look for each number on the page that is linked behind it; without numbers, for a reason."""
    if re.match(r"`", row.measured):
        ((page),) = re.findall(r"\]\((\w+\.md)\)", row.measured)
        text = " ".join((DOCS / page).read_text(encoding="utf-8").split())
        for number in re.findall(r"`([^`]+)`", row.measured):
            assert re.search(rf"(?<![\w.]){re.escape(number)}(?![\w%]|\.\d)", text), (
                f"{number} is not on {page}"
            )
        assert row.function != NOTHING
        assert row.test != NOTHING
    elif row.measured == "by the test":
        assert row.test != NOTHING, f"{row.paper}: no test"
    else:
        assert re.match(r"not reproduced: \w|planned", row.measured), row.measured


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.paper}: {row.says}"[:60])
def test_nothing_in_a_row_dangles(row):
    for cell, check in ((row.function, check_function), (row.command, check_command), (row.test, check_test)):
        name = quoted(cell)
        if name is not None:
            check(name)
    check_measured(row)


def test_every_figure_and_every_table_has_a_row():
    named = " ".join(row.paper for row in ROWS)
    wanted = [f"figure {n}" for n in range(1, 10)] + [f"table {n}" for n in range(1, 8)]
    assert not [one for one in wanted if one not in named]
    assert {"2", "2.1", "3"} <= {row.paper for row in ROWS}


def test_every_table_has_the_same_columns():
    text = (DOCS / "paper_line_by_line.md").read_text(encoding="utf-8")
    heads = [line for line in text.splitlines() if line.startswith("| paper")]
    assert heads == ["| " + " | ".join(COLUMNS) + " |"] * 4


MEASURED = Row(
    "figure 0", "", "`npdeconv.layers.ReLU`", NOTHING, "`tests/test_losses.py::test_worked_example`", ""
)


@pytest.mark.parametrize(
    ("check", "wrong", "error"),
    [
        (check_function, "npdeconv.layers.Rectifier", AttributeError),
        (check_function, "npdeconv.layers.ReLU.project", AttributeError),
        (check_command, "npdeconv paint zfnet", KeyError),
        (check_command, "npdeconv info zfnet --sideways", SystemExit),
        (check_test, "tests/test_losses.py::test_nothing", AssertionError),
        (check_test, "tests/test_nowhere.py::test_nothing", FileNotFoundError),
        (check_measured, MEASURED._replace(measured="`12.34 %` ([results](results.md))"), AssertionError),
        (check_measured, MEASURED._replace(measured="`9.5 %` ([results](results.md))"), AssertionError),
        (check_measured, MEASURED._replace(measured="by the test", test=NOTHING), AssertionError),
        (check_measured, MEASURED._replace(measured="soon"), AssertionError),
        (quoted, "ReLU", AssertionError),
    ],
)
def test_a_planted_error_is_found(check, wrong, error):
    with pytest.raises(error):
        check(wrong)


def test_a_number_on_its_page_is_right():
    check_measured(MEASURED._replace(measured="`79.5 %` ([results](results.md)), with nothing else changed"))
