"""Draw the results of `npdeconv.visualize` and training: axes (or None) in, axes out; nothing is computed."""

from npdeconv.plot.breakage import fault
from npdeconv.plot.class_activation import class_activation
from npdeconv.plot.embedding import neighbors, scatter
from npdeconv.plot.fooling import fooling
from npdeconv.plot.images import draw_box, image
from npdeconv.plot.layers import layers
from npdeconv.plot.learning import curves
from npdeconv.plot.maps_and_filters import feature_maps, filters, strongest_projections
from npdeconv.plot.maximization import ascents, maximized
from npdeconv.plot.mistakes import confusion, mistakes
from npdeconv.plot.montage import evolution, montage, strongest
from npdeconv.plot.occlusion import occlusion
from npdeconv.plot.paths import paths
from npdeconv.plot.pooling_comparison import localization, localization_examples
from npdeconv.plot.projections import projections
from npdeconv.plot.relevance import relevance_curves, relevance_maps
from npdeconv.plot.retraining import bags_of_words, contributions, reconstructions, similarity
from npdeconv.plot.rules import correlations, rules
from npdeconv.plot.text import literal, use_fonts
from npdeconv.plot.transfer import probes, transfer

__all__ = [
    "ascents",
    "bags_of_words",
    "class_activation",
    "confusion",
    "contributions",
    "correlations",
    "curves",
    "draw_box",
    "evolution",
    "fault",
    "feature_maps",
    "filters",
    "fooling",
    "image",
    "layers",
    "literal",
    "localization",
    "localization_examples",
    "maximized",
    "mistakes",
    "montage",
    "neighbors",
    "occlusion",
    "paths",
    "probes",
    "projections",
    "reconstructions",
    "relevance_curves",
    "relevance_maps",
    "rules",
    "scatter",
    "similarity",
    "strongest",
    "strongest_projections",
    "transfer",
    "use_fonts",
]
