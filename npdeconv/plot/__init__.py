"""Draw what `npdeconv.visualize` and training return. Axes in (or None), axes out; nothing is computed."""

from npdeconv.plot.images import box, image
from npdeconv.plot.learning import curves
from npdeconv.plot.montage import evolution, montage, strongest
from npdeconv.plot.projections import projections

__all__ = ["box", "curves", "evolution", "image", "montage", "projections", "strongest"]
