"""The arrays of a report as data for the page's scripts: numbers, names and pictures."""

from typing import Any

import numpy as np

from npdeconv.report.classes import ClassMaps, Wanted
from npdeconv.report.contents import Example, LayerView, Report, Wrong
from npdeconv.report.filter_slices import Filters
from npdeconv.report.heatmaps import over
from npdeconv.report.made import Made
from npdeconv.report.scatter import scatter_payload
from npdeconv.report.sprites import as_bytes, as_shown, coarsen, sheet
from npdeconv.report.whole_images import scenes_payload
from npdeconv.report.whole_maps import Whole

TABLE_CLASSES = 30  # beyond so many, a confusion matrix is unreadable


def page_data(report: Report, refresh: float | None) -> dict[str, Any]:
    """Return what the page's scripts read."""
    return {
        "refresh": refresh,
        "classes": report.classes,
        "labeled": report.labeled,
        "searched": report.searched,
        "stages": report.stages,
        "history": {name: numbers(values) for name, values in report.history.items()},
        "layers": [_layer(view) for view in report.layers],
        "wrong": None if report.wrong is None else _wrong(report.wrong),
        "examples": [_example(example) for example in report.examples],
        "scenes": scenes_payload(report.scenes),
        "scatter": scatter_payload(report.scatter),
        "classMaps": None if report.class_maps is None else _class_maps(report.class_maps),
        "wanted": None if report.wanted is None else _wanted(report.wanted),
    }


def numbers(values: Any, digits: int = 5) -> Any:
    """Return nested lists of numbers, rounded to `digits` significant digits; None for NaN and infinity."""
    if isinstance(values, list | tuple):
        return [numbers(value, digits) for value in values]
    if isinstance(values, np.ndarray):
        return numbers(values.tolist(), digits)
    if isinstance(values, float):
        return float(f"{values:.{digits}g}") if np.isfinite(values) else None
    return values


def _layer(view: LayerView) -> dict[str, Any]:
    projections, scales = as_bytes(view.patches.projections, axes=(1, 2, 3, 4))
    evolving = view.evolving
    stages, _ = as_bytes(evolving.projections, axes=(0, 2, 3, 4))
    inside = view.patches.inside
    return {
        "name": view.name,
        "kind": view.kind,
        "shape": view.output_shape,
        "field": view.receptive_field,
        "maps": view.feature_maps.tolist(),
        "total": view.total,
        "dead": view.dead,
        "classes": view.classes,
        "verdicts": view.verdicts,
        "firing": numbers(view.found.firing),
        "imageIndices": view.found.image_indices.tolist(),
        "labels": view.labels.tolist(),
        "activations": numbers(view.found.activations),
        "scales": numbers(scales),
        "filters": None if view.filters is None else _filters(view.filters),
        "made": None if view.made is None else _made(view.made),
        "whole": None if view.whole is None else _whole(view.whole),
        "fields": view.fields.tolist(),
        "patches": sheet(as_shown(view.patches.pixels), inside),
        "projections": sheet(coarsen(projections), inside),
        "evolving": {
            "imageIndices": evolving.image_indices.tolist(),
            "activations": numbers(evolving.activations),
            "jumped": evolving.jumped.astype(int).tolist(),
            **sheet(coarsen(stages), evolving.inside),
        },
    }


def _made(made: Made) -> dict[str, Any]:
    return {
        "maps": made.feature_maps.tolist(),
        "activation": numbers(made.activation),
        **sheet(made.pixels[:, np.newaxis]),
    }


def _whole(whole: Whole) -> dict[str, Any]:
    projections, scales = as_bytes(whole.projections, axes=(1, 2, 3, 4))
    return {
        "select": whole.select,
        "maps": whole.feature_maps.tolist(),
        "images": projections.shape[1],
        "scales": numbers(scales),
        **sheet(coarsen(projections)),
    }


def _filters(filters: Filters) -> dict[str, Any]:
    pixels, scales = as_bytes(filters.pixels, axes=(1, 2, 3))
    return {
        "source": filters.source,
        "reads": filters.reads,
        "slices": filters.slices,
        "size": filters.size,
        "scales": numbers(scales),
        **sheet(pixels[:, None], filters.inside[:, None]),
    }


def _example(example: Example) -> dict[str, Any]:
    result = example.result
    return {
        "imageIndex": example.image_index,
        "label": result.label,
        "image": sheet(as_shown(example.image)[None, None]),
        "full": example.size,
        "size": result.size,
        "rows": result.rows.tolist(),
        "columns": result.columns.tolist(),
        "probability": numbers(result.probability, 4),
        "likely": result.most_likely.tolist(),
        "clean": numbers(float(result.clean_probability), 4),
    }


def _class_maps(found: ClassMaps) -> dict[str, Any]:
    images = as_shown(found.images)
    return {
        "imageIndices": found.image_indices.tolist(),
        "labels": found.labels.tolist(),
        "likeliest": found.likeliest.tolist(),
        "probability": numbers(found.probability, 4),
        "images": sheet(images[:, np.newaxis]),
        "maps": sheet(over(images, found.maps)),
    }


def _wanted(wanted: Wanted) -> dict[str, Any]:
    return {
        "labels": wanted.labels.tolist(),
        "activation": numbers(wanted.activation),
        "pixels": sheet(wanted.pixels[:, np.newaxis]),
    }


def _wrong(wrong: Wrong) -> dict[str, Any]:
    result = wrong.result
    spoke = np.stack([result.misled_by, result.spoke_for_truth], axis=1)  # (K, 2, H, W, C)
    page = {
        "answers": int(result.confusion.sum()),
        "right": int(result.confusion.trace()),
        "confusion": result.confusion.tolist() if len(result.confusion) <= TABLE_CLASSES else None,
        "imageIndices": result.image_indices.tolist(),
        "truth": result.truth.tolist(),
        "predicted": result.predicted.tolist(),
        "probability": numbers(result.probability, 4),
        "truthProbability": numbers(result.truth_probability, 4),
    }
    if not len(result.image_indices):
        return page
    spoke, _ = as_bytes(spoke, axes=(1, 2, 3, 4))
    return page | {"seen": sheet(as_shown(wrong.images)[:, None]), "spoke": sheet(spoke)}
