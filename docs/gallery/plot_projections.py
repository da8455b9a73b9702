"""
From a feature map back to pixels
=================================

The deconvnet answers the question which pixels made a unit fire. Boxes show what the unit sees; bright pixels spoke for it, dark ones against it.
"""

import numpy as np

import npdeconv as nd

digits, rng = nd.data.load_strokes(2000), np.random.default_rng(0)
net = nd.experiments.small_network((28, 28, 1), 10, rng)
nd.training.fit(net, digits, nd.optimizers.Adam(0.002), epochs=3, batch_size=32, rng=rng)

strongest = int(nd.visualize.project_layers(net, digits.images[0], ["relu3"]).feature_maps[0])
result = nd.visualize.project(net, digits.images[:5], "relu3", strongest)
axes = nd.plot.projections(digits.images[:5], result, title="one map of relu3 on five digits")

# %%
# The strongest unit of each layer for one digit: boxes grow, and projections get more specific.

axes = nd.plot.layers(digits.images[3], nd.visualize.project_layers(net, digits.images[3]))
