"""Draw what `npdeconv.visualize` and training return. Axes in (or None), axes out; nothing is computed."""

from npdeconv.plot.embedding import neighbors, scatter
from npdeconv.plot.filters import feature_maps, filters, strongest_projections
from npdeconv.plot.images import box, image
from npdeconv.plot.layers import layers
from npdeconv.plot.learning import curves
from npdeconv.plot.mistakes import confusion, mistakes
from npdeconv.plot.montage import evolution, montage, strongest
from npdeconv.plot.occlusion import occlusion
from npdeconv.plot.projections import projections
from npdeconv.plot.rules import correlations, rules
from npdeconv.plot.transfer import probes, transfer

__all__ = [
    "box",
    "confusion",
    "correlations",
    "curves",
    "evolution",
    "feature_maps",
    "filters",
    "image",
    "layers",
    "mistakes",
    "montage",
    "neighbors",
    "occlusion",
    "probes",
    "projections",
    "rules",
    "scatter",
    "strongest",
    "strongest_projections",
    "transfer",
]
