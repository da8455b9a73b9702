"""
Images that excite a class most
===============================

Gradient ascent from noise, with regularizers that keep the picture smooth. Pieces of strokes appear that the network
takes for a digit. A person reads hardly any of them: the network is sure of them all the same.
"""

import numpy as np

import npdeconv as nd

digits, rng = nd.data.load_strokes(2000), np.random.default_rng(0)
net = nd.experiments.small_network((28, 28, 1), 10, rng)
nd.training.fit(net, digits, nd.optimizers.Adam(0.002), epochs=3, batch_size=32, rng=rng)

result = nd.visualize.maximize_activation(net, "logits", range(5), steps=60, rng=rng)
names = [f"a {digit}" for digit in range(5)]
axes = nd.plot.maximized(result, titles=names, title="what the network takes for a digit")

# %%
# The logits climb for about thirty steps, then hardly rise; they jitter because the regularizers move the picture at random.

ax = nd.plot.ascents(result, titles=names)
