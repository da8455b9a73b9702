"""
Filters and feature maps
========================

The filters of the first layer look at pixels and can be seen as pictures: mid-gray is zero. Each of them makes a map of where it found its pattern.
"""

import numpy as np

import npdeconv as nd

digits, rng = nd.data.load_strokes(2000), np.random.default_rng(0)
net = nd.experiments.small_network((28, 28, 1), 10, rng)
nd.training.fit(net, digits, nd.optimizers.Adam(0.002), epochs=3, batch_size=32, rng=rng)

ax = nd.plot.filters(nd.visualize.first_filters(net), title="16 first filters")

# %%
# A digit, as the second layer sees it. Crossed-out maps found nothing here.

ax = nd.plot.feature_maps(nd.visualize.feature_maps(net, digits.images[3], "relu2"), title="relu2")

# %%
# The first filters of two networks side by side: before training and after.

before = nd.experiments.small_network((28, 28, 1), 10, np.random.default_rng(0))
several = [nd.visualize.first_filters(one) for one in (before, net)]
axes = nd.plot.filters_beside(several, ["untrained", "trained"])
