"""Write the results of the package onnx's cases into docs/onnx.md: python -m tests.weights.onnx.table."""

from collections import defaultdict
from pathlib import Path

import onnx

from tests.weights.onnx.judges import Verdict, judge, node_cases, pytorch_cases

PAGE = Path(__file__).parents[3] / "docs" / "onnx.md"
MARK = "<!-- written by tests/weights/onnx/table.py -->"


def table(verdicts: list[Verdict]) -> str:
    """Return a row for each operator, and one for each refused case."""
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for verdict in verdicts:
        counts[verdict.operator][verdict.outcome] += 1
    outcomes = ("passed", "refused", "wrong")
    total = [sum(verdict.outcome == outcome for verdict in verdicts) for outcome in outcomes]
    lines = [
        f"Of {len(verdicts)} cases of onnx {onnx.__version__}, {total[0]} pass, {total[1]} are refused, and"
        f" {total[2]} are wrong.",
        "",
        "| operator | passed | refused | wrong |",
        "|---|--:|--:|--:|",
        *(f"| {name} | {' | '.join(str(counts[name][o]) for o in outcomes)} |" for name in sorted(counts)),
        "",
        "| refused case | because |",
        "|---|---|",
        *(f"| `{v.name}` | {v.reason} |" for v in verdicts if v.outcome == "refused"),
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    before, _, after = PAGE.read_text(encoding="utf-8").split(MARK)
    found = table([judge(case) for case in [*node_cases(), *pytorch_cases()]])
    PAGE.write_text(f"{before}{MARK}\n\n{found}\n\n{MARK}{after}", encoding="utf-8")
