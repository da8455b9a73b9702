"""
Is it the unit, or the switches?
================================

One unit, projected by three rules, and random values at its place in all other maps of the layer, through the same switches and gates. Where the two pictures are alike, the picture is
hardly the unit's.
"""

import numpy as np

import npdeconv as nd

digits, rng = nd.data.load_strokes(2000), np.random.default_rng(0)
net = nd.experiments.small_network((28, 28, 1), 10, rng)
nd.training.fit(net, digits, nd.optimizers.Adam(0.002), epochs=3, batch_size=32, rng=rng)

images = digits.images[3:4]
strongest = nd.visualize.project_layers(net, images[0], ["relu3"])
unit = int(strongest.feature_maps[0])
rules = ["deconv", "gradient", "guided"]
result = nd.visualize.compare_starts(net, images, "relu3", unit, rules=rules, rng=np.random.default_rng(0))
axes = nd.plot.starts(images[0], result, title=f"relu3, map {unit}")
