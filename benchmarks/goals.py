"""The goals, and the values that a run reached: one row per goal."""

from typing import NamedTuple

from benchmarks.records import Record, Run
from benchmarks.timing import ratios, summarize


class Goal(NamedTuple):
    """A factor in time (or memory) over another contender, or a limit in seconds."""

    what: str
    topic: str
    case: str  # the beginning of its name
    target: float
    other: str = ""  # the library to compare with, or the variant "1 worker"; empty for a limit in seconds


class Row(NamedTuple):
    """One goal and the result of a run; None for what was not measured."""

    goal: Goal
    own: Record | None
    other: Record | None
    reached: float | None  # median of the rounds' ratios, or of the seconds
    spread: tuple[float, float] | None  # their quartiles

    @property
    def is_met(self) -> bool | None:
        """Whether the goal was reached."""
        if self.reached is None:
            return None
        return self.reached >= self.goal.target if self.goal.other else self.reached <= self.goal.target


GOALS = (
    Goal("training step, `deck_model2`, batch 128", "training", "deck_model2", 2.5, "PyTorch"),
    Goal("training step, `deck_model2`, batch 128", "training", "deck_model2", 1.8, "Keras"),
    Goal("training step, `deck_model3`, batch 128", "training", "deck_model3", 2.5, "PyTorch"),
    Goal("training step, `deck_model3`, batch 128", "training", "deck_model3", 1.8, "Keras"),
    Goal("training step, `deck_rps3` at 300x300x3, batch 16", "training", "deck_rps3", 1.5, "PyTorch"),
    Goal("prediction, {images:,} digits, `deck_model3`", "prediction", "deck_model3", 1.5, "PyTorch"),
    Goal("nine strongest of all maps of {images:,} digits, found and projected",
         "projection", "deck_model3", 2, "Captum"),
    Goal("occlusion, 8x8 at all 441 positions of 28x28", "occlusion", "deck_model3", 3, "Captum"),
    Goal("occlusion, 50x50 on one 300x300 image", "occlusion", "deck_rps3", 10, "Captum"),
    Goal("AlexNet's forward pass, one 227x227 image", "alexnet", "alexnet, 1 of", 1, "PyTorch"),
    Goal("AlexNet's forward pass, 32 images", "alexnet", "alexnet, 32 of", 1, "PyTorch"),
    Goal("peak memory, training `deck_model2`", "memory", "deck_model2, batch 128", 1, "PyTorch"),
    Goal("peak memory, training `deck_model3`", "memory", "deck_model3, batch 128", 1, "PyTorch"),
    Goal("peak memory, training `deck_rps3`", "memory", "deck_rps3, batch 16", 2, "PyTorch"),
    Goal("two workers instead of one, training `deck_model3`",
         "scaling", "deck_model3, batch", 1.8, "1 worker"),
    Goal("two workers instead of one, prediction", "scaling", "deck_model3, pred", 1.8, "1 worker"),
    Goal("importing npdeconv", "startup", "import", 0.4),
    Goal("first step, kernels compiled for the first time", "startup", "first step, kernels", 12),
    Goal("first step, second process", "startup", "first step, second", 1.5),
)  # fmt: skip


def rows(run: Run) -> list[Row]:
    """Return the row of every goal."""
    return [_row(goal, run) for goal in GOALS]


def best(records: list[Record]) -> Record | None:
    """Return the record with the least median: a peer's best variant counts."""
    return min(records, key=lambda record: summarize(record.values).median, default=None)


def _row(goal: Goal, run: Run) -> Row:
    found = [record for record in run.select(topic=goal.topic) if record.case.startswith(goal.case)]
    if goal.other == "1 worker":
        own = next((record for record in found if record.variant == "2 workers"), None)
        other = next((record for record in found if record.variant == "1 worker"), None)
    else:
        own = next((record for record in found if (record.library, record.variant) == ("npdeconv", "")), None)
        other = best([record for record in found if record.library == goal.other])
    images = None if own is None else own.facts.get("images")
    what = goal.what.format(images=images) if images else goal.what.replace("{images:,} ", "")
    goal = goal._replace(what=what)
    if own is None or (goal.other and other is None):
        return Row(goal, own, other, None, None)
    values = own.values if other is None else ratios(other.values, own.values)
    middle = summarize(values)
    return Row(goal, own, other, middle.median, (middle.lower, middle.upper))
