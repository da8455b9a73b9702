"""
Shifted, scaled and rotated images
==================================

A small shift changes the first layer at once, as if another image had been shown, and the last hidden layer little by little (figure 5 of the paper).
The dotted line is the mean distance between different images.
"""

import numpy as np

import npdeconv as nd

digits, rng = nd.data.load_strokes(1500), np.random.default_rng(0)
net = nd.experiments.small_network((28, 28, 1), 10, rng)
nd.training.fit(net, digits, nd.optimizers.Adam(0.002), epochs=6, batch_size=32, rng=rng)

few = nd.data.load_strokes(5, seed=1)
shifted = nd.visualize.invariance(net, few.images, labels=few.labels)
axes = nd.plot.invariance(few.images, shifted, title="shifted down, by pixels")

# %%
# Rotations are not survived, except by what is symmetric: upside down, the 0 and the 8 are read again.

turned = nd.visualize.invariance(net, few.images, transform="rotation", labels=few.labels)
axes = nd.plot.invariance(few.images, turned, title="rotated, by degrees")
