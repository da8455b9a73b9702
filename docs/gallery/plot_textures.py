"""
Where a projection's texture comes from
=======================================

One map, projected whole: as it is, and with one cause of its texture switched off at a time. Here the relief comes from filters that are not even.
Pooling decides how fine the dots are, and switches of silent windows matter little; in the deck's network they make a crystal.
"""

import numpy as np

import npdeconv as nd

digits, rng = nd.data.load_strokes(2000), np.random.default_rng(0)
net = nd.experiments.small_network((28, 28, 1), 10, rng)
nd.training.fit(net, digits, nd.optimizers.Adam(0.002), epochs=3, batch_size=32, rng=rng)

feature_map = int(nd.visualize.project_layers(net, digits.images[3], ["relu3"]).feature_maps[0])
result = nd.visualize.compare_textures(net, digits.images[3:5], "relu3", feature_map, rng=rng)
axes = nd.plot.textures(digits.images[3:5], result, title=f"relu3, map {feature_map}")
