"""What others ask of a network before they show it an image, or while they do, asked in one place.

`roles` says which layers are which, `maps` what a layer is as a set of feature maps, `outputs` yields
the outputs of several layers in one pass, and `summary` is the table of all layers.
"""

from npdeconv.anatomy.maps import (
    as_map_shape,
    as_maps,
    descent_start,
    fields,
    map_count,
    map_shape,
    maps_of,
    patch_size,
)
from npdeconv.anatomy.outputs import Outputs
from npdeconv.anatomy.roles import (
    AtPooling,
    answers,
    at_pooling,
    below_softmax,
    last_hidden,
    logits_layer,
    map_layers,
    shown_layers,
    source_of,
    telling_layers,
    weighted_layers,
)
from npdeconv.anatomy.summary import LayerSummary, summarize

__all__ = [
    "AtPooling",
    "LayerSummary",
    "Outputs",
    "answers",
    "as_map_shape",
    "as_maps",
    "at_pooling",
    "below_softmax",
    "descent_start",
    "fields",
    "last_hidden",
    "logits_layer",
    "map_count",
    "map_layers",
    "map_shape",
    "maps_of",
    "patch_size",
    "shown_layers",
    "source_of",
    "summarize",
    "telling_layers",
    "weighted_layers",
]
