"""The tables that `npdeconv oath` prints and writes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from npdeconv.experiments import Randomization, RandomizedLabels
from npdeconv.experiments.randomization_result import UNRELATED, Measure

WIDTH = 18  # of a column


def table(result: Randomization, measure: Measure) -> Iterable[str]:
    """Yield the lines of a table: a row for each randomized layer, a column for each method."""
    seeds, _, _, images, _ = result.similarity.shape
    found, silent = result.interval(measure), result.silent()
    down = "down to" if result.order == "cascading" else "only"
    yield (
        f"{measure} similarity of maps of {result.layer}, to those with new weights {down} a layer: mean over"
        f" {images} images and {seeds} seeds, ± half the 95 % interval over seeds"
    )
    if result.explained == "predicted":
        yield "after randomizing, the class is explained that the randomized network predicts"
    yield f"in brackets: silent maps of {seeds * images}, which are left out"
    wide = max(len(name) for name in (*result.layers, *UNRELATED)) + 2
    yield " " * wide + "".join(f"{method:>{WIDTH}}" for method in result.methods)
    for column, layer in enumerate(result.layers):
        cells = (
            cell(found.mean[row, column], found.half[row, column], silent[row, column])
            for row in range(len(result.methods))
        )
        yield f"{layer:<{wide}}" + "".join(f"{one:>{WIDTH}}" for one in cells)
    yield "unrelated maps of the network as it is, mean over images:"
    for name, scores in zip(UNRELATED, result.calibration(measure).T, strict=True):
        yield f"{name:<{wide}}" + "".join(f"{number(score):>{WIDTH}}" for score in scores)


def cell(mean: float, half: float, silent: int) -> str:
    """Write a mean, half its interval, and how many maps are silent."""
    spread = "" if np.isnan(half) else f" ± {half:.2f}"
    return f"{number(mean)}{spread}" + (f" ({silent})" if silent else "")


def number(value: float) -> str:
    """Write a similarity; NaN means that every map is silent."""
    return "silent" if np.isnan(value) else f"{value:.2f}"


def rows_of(
    result: Randomization | RandomizedLabels, names: Mapping[int, str], images: Sequence[int]
) -> Iterable[Sequence[Any]]:
    """Yield all measures, a row for each method, comparison, seed and image; empty for a silent map."""
    for seed, row, place, image in np.ndindex(result.similarity.shape[:4]):
        values = result.similarity[seed, row, place, image]
        scores = ("" if np.isnan(score) else f"{score:.6f}" for score in values)
        yield result.methods[row], names[place], int(result.seeds[seed]), images[image], *scores
