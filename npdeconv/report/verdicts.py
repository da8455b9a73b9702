"""What random values and random weights would have drawn, in a sentence for each map."""

from pathlib import Path

import numpy as np

from npdeconv._types import Array
from npdeconv.experiments import judge_projections
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers
from npdeconv.report.contents import LayerView


def add_verdict(
    network: Sequential, images: Array, *, view: LayerView, folder: Path | None, workers: Workers
) -> LayerView:
    """Add to a layer's view a sentence for each map, about its strongest projection.

    Parameters
    ----------
    network : Sequential
    images : (N, H, W, C)
        The whole data set.
    view : LayerView
    folder : Path, optional
        Where the numbers are kept, and found again.
    workers : int or executor, optional

    Returns
    -------
    LayerView
        Without sentences if the layer has a single map: there is no other one to compare with.
    """
    if view.total == 1:
        return view
    strongest = images[np.maximum(view.found.image_indices[:, 0], 0)]  # a dead map is silent on any
    verdict = judge_projections(
        network,
        strongest,
        view.name,
        view.feature_maps,
        rng=np.random.default_rng(0),
        folder=folder,
        workers=workers,
    )
    return view._replace(verdicts=tuple(map(verdict.sentence, range(len(strongest)))))
