"""
Why does a projection look like a crystal?
==========================================

One map, projected whole: as it is, and with one cause of its texture switched off at a time. Where nothing fired, all places of a pooling window tie,
and the switch is the first one in every window; drawn at random, the regular pattern is gone.
"""

import numpy as np

import npdeconv as nd

digits, rng = nd.data.load_strokes(2000), np.random.default_rng(0)
net = nd.experiments.small_network((28, 28, 1), 10, rng)
nd.training.fit(net, digits, nd.optimizers.Adam(0.002), epochs=3, batch_size=32, rng=rng)

feature_map = int(nd.visualize.project_layers(net, digits.images[3], ["relu3"]).feature_maps[0])
result = nd.visualize.compare_textures(net, digits.images[3:5], "relu3", feature_map, rng=rng)
axes = nd.plot.textures(digits.images[3:5], result, title=f"relu3, map {feature_map}")
