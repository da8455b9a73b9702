"""Write a run's table of goals into README.md: `python -m benchmarks.readme_table [RUN.json]`.

Unless a run is given, the newest full one of `benchmarks/results` is taken.
"""

import argparse
from pathlib import Path

from benchmarks import machine
from benchmarks.records import Run
from benchmarks.report import control_sentence, goals_table
from benchmarks.run import RESULTS

BEGIN, END = "<!-- benchmark table -->", "<!-- end of benchmark table -->"
README = Path(__file__).parent.parent / "README.md"


def replaced(text: str, run: Run) -> str:
    """Return a text with what stands between the markers replaced by the run's table."""
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(END) < text.index(BEGIN):
        raise ValueError(f"readme_table: expected {BEGIN!r} and after it {END!r}, once each")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    how = "Medians, quartiles in parentheses; ratios are of rounds in turn."
    caption = f"{machine.sentence(run.machine)}. {how} {control_sentence(run)}"
    return f"{before}{BEGIN}\n{goals_table(run)}\n\n{caption}\n{END}{after}"


def newest() -> Path:
    """Return the newest full run."""
    runs = sorted(path for path in RESULTS.glob("*.json") if path.stem.count("-") == 1)
    if not runs:
        raise FileNotFoundError(f"no full run in {RESULTS}; make one with make bench PEERS=1")
    return runs[-1]


def main() -> None:
    """Rewrite the README."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.readme_table", description=__doc__)
    parser.add_argument("run", nargs="?", type=Path)
    run = Run.load(parser.parse_args().run or newest())
    README.write_text(replaced(README.read_text(encoding="utf-8"), run), encoding="utf-8")


if __name__ == "__main__":
    main()
