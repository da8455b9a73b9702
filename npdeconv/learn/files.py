"""Skeletons and reference solutions: what a learner starts from, and what is shown last.

The skeleton is the solution without its answer: the heads and docstrings of its public functions. Where a
learner starts from more than that, the exercise has a `skeleton.py` of its own.
"""

import ast
from importlib import resources
from pathlib import Path

from npdeconv.learn.exercise import Exercise


def solution_text(exercise: Exercise) -> str:
    """Return the reference solution, as source text."""
    return _source(exercise, "solution.py")


def skeleton_text(exercise: Exercise) -> str:
    """Return what the learner starts from, as source text."""
    if _file(exercise, "skeleton.py").is_file():
        return _source(exercise, "skeleton.py")
    text = solution_text(exercise)
    lines, kept = text.splitlines(), []
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef):
            if not node.name.startswith("_"):
                kept += ["", "", *lines[node.lineno - 1 : node.body[0].end_lineno]]
                kept += [f'    raise NotImplementedError("write {node.name} in place of this line")']
        elif isinstance(node, ast.Expr | ast.Import | ast.ImportFrom):
            kept += [*[""] * bool(kept), *lines[node.lineno - 1 : node.end_lineno]]
    return "\n".join(kept) + "\n"


def _source(exercise: Exercise, name: str) -> str:
    return _file(exercise, name).read_text(encoding="utf-8")


def _file(exercise: Exercise, name: str) -> Path:
    return Path(str(resources.files(f"npdeconv.learn.exercises.{exercise.key}"))) / name
