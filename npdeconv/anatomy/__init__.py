"""The structure of a network: roles of layers, feature maps, outputs.

`roles` finds the logits and other layers by their role, `maps` reads a layer as feature maps, `outputs`
yields the outputs of several layers in one pass, and `summary` is the table of all layers.
"""

from npdeconv.anatomy.maps import map_count, patch_size
from npdeconv.anatomy.outputs import Outputs
from npdeconv.anatomy.roles import below_softmax, last_hidden, map_layers, shown_layers, two_classes
from npdeconv.anatomy.summary import LayerSummary, summarize

__all__ = [
    "LayerSummary",
    "Outputs",
    "below_softmax",
    "last_hidden",
    "map_count",
    "map_layers",
    "patch_size",
    "shown_layers",
    "summarize",
    "two_classes",
]
