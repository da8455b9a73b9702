"""Write the table of docs/breakage.md: python -m tests.breakage.table."""

from pathlib import Path

from npdeconv.breakage import CHECKS, FAULTS, caught_by

PAGE = Path(__file__).parents[2] / "docs" / "breakage.md"
MARK = "<!-- written by tests/breakage/table.py -->"


def table() -> str:
    """Return the faults against the checks."""
    head = " | ".join(["fault", *CHECKS])
    rows = [
        " | ".join([f"`{fault.name}`", *("caught" if name in found else "" for name in CHECKS)])
        for fault in FAULTS.values()
        for found in [caught_by(fault.parts)]
    ]
    return "\n".join(f"| {row} |" for row in (head, " | ".join(["---"] * (1 + len(CHECKS))), *rows))


if __name__ == "__main__":
    before, _, after = PAGE.read_text(encoding="utf-8").split(MARK)
    PAGE.write_text(f"{before}{MARK}\n\n{table()}\n\n{MARK}{after}", encoding="utf-8")
