"""
Deconvnet, gradient and guided backpropagation
==============================================

One unit, projected by every rule, with the switches of pooling and without. The rules differ in nothing but what the rectifier lets through on the way down.
"""

import numpy as np

import npdeconv as nd

digits, rng = nd.data.load_strokes(2000), np.random.default_rng(0)
net = nd.experiments.small_network((28, 28, 1), 10, rng)
nd.training.fit(net, digits, nd.optimizers.Adam(0.002), epochs=3, batch_size=32, rng=rng)

image = digits.images[3]
projected = nd.visualize.project_layers(net, image, ["relu4"])
result = nd.visualize.compare_rules(net, image, "relu4", int(projected.feature_maps[0]))
axes = nd.plot.rules(image, result)

# %%
# How similar are they? 1 is the same picture, 0 has nothing in common, -1 is the negative.

ax = nd.plot.correlations(result)
