"""The list of exercises, with what a learner has reached."""

from pathlib import Path
from typing import Any

from npdeconv.learn.exercise import exercises
from npdeconv.learn.folder import Record, is_started


def overview_text(folder: Path) -> str:
    """Return the list; of a folder that was not started, only the exercises."""
    started = is_started(folder)
    record = Record.read(folder) if started else Record(folder, {})
    every = exercises()
    states = [_state(record.reached.get(one.number, {})) for one in every]
    lines = [f"{one.number:>5}  {one.title:<52}  {state}" for one, state in zip(every, states, strict=True)]
    if not started:
        return "\n".join(
            [*map(str.rstrip, lines), "", "`npdeconv learn start DIR` writes a file for each into DIR."]
        )
    passed = [bool(record.reached.get(one.number, {}).get("passed")) for one in every]
    lines = [f"{folder}: {sum(passed)} of {len(every)} exercises passed", *map(str.rstrip, lines)]
    if not all(passed):
        following = every[passed.index(False)]
        lines += ["", f"Next: write {following.file_name}, then `npdeconv learn test {following.number}`."]
    return "\n".join(lines)


def _state(one: dict[str, Any]) -> str:
    if one.get("passed"):
        return "passed" + ", after a look at the solution" * bool(one.get("solution"))
    if not one.get("tries"):
        return ""
    hints = sum(one.get("hints", {}).values())
    done = _count(one["tries"], "try", "tries") + (f", {_count(hints, 'hint', 'hints')}" if hints else "")
    return f"{done}; not yet: {one.get('failed')}"


def _count(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
