"""Draw what `npdeconv.visualize` and training return. Axes in (or None), axes out; nothing is computed."""

from npdeconv.plot.images import box, image
from npdeconv.plot.learning import curves
from npdeconv.plot.mistakes import confusion, mistakes
from npdeconv.plot.montage import evolution, montage, strongest
from npdeconv.plot.occlusion import occlusion
from npdeconv.plot.projections import projections
from npdeconv.plot.rules import correlations, rules

__all__ = [
    "box",
    "confusion",
    "correlations",
    "curves",
    "evolution",
    "image",
    "mistakes",
    "montage",
    "occlusion",
    "projections",
    "rules",
    "strongest",
]
