"""Write a run's goals into two pages: `python -m benchmarks.readme_table [RUN.json]`.

README.md gets a few of them, `benchmarks/README.md` all. The default is the newest full run of
`benchmarks/results`.
"""

import argparse
from pathlib import Path

from benchmarks import machine
from benchmarks.goals import GOALS, Row, rows
from benchmarks.records import Run, newest
from benchmarks.report import control_sentence, goals_table

BEGIN, END = "<!-- benchmark table -->", "<!-- end of benchmark table -->"
HERE = Path(__file__).parent
README, EVERYTHING = HERE.parent / "README.md", HERE / "README.md"

SHOWN = {  # one goal for each kind of work, reached or not
    ("training step, `deck_model3`, batch 128", "PyTorch"),
    ("prediction, {images:,} digits, `deck_model3`", "PyTorch"),
    ("nine strongest of all maps of {images:,} digits, found and projected", "Captum"),
    ("occlusion, 50x50 on one 300x300 image", "Captum"),
    ("AlexNet's forward pass, 32 images", "PyTorch"),
}


def replaced(text: str, run: Run, shown: list[Row]) -> str:
    """Return a text with a table of these goals between the markers."""
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(END) < text.index(BEGIN):
        raise ValueError(f"readme_table: expected {BEGIN!r} and then {END!r}, once each")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    how = "Medians, quartiles in parentheses; ratios are of rounds in turn."
    caption = f"{machine.sentence(run.machine)}. {how} {control_sentence(run)}"
    return f"{before}{BEGIN}\n{goals_table(shown)}\n\n{caption}\n{END}{after}"


def pages(run: Run) -> dict[Path, str]:
    """Return both pages with the run's tables."""
    every = rows(run)
    some = [row for goal, row in zip(GOALS, every, strict=True) if (goal.what, goal.other) in SHOWN]
    return {
        path: replaced(path.read_text(encoding="utf-8"), run, shown)
        for path, shown in ((README, some), (EVERYTHING, every))
    }


def main() -> None:
    """Rewrite both pages."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.readme_table", description=__doc__)
    parser.add_argument("run", nargs="?", type=Path)
    run = Run.load(parser.parse_args().run or newest())
    for path, text in pages(run).items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
