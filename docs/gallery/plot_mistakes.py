"""
Where a network is wrong
========================

The confusion matrix counts which digits are taken for which. The most confident mistakes show which strokes misled the network.
"""

import numpy as np

import npdeconv as nd

digits, test, rng = nd.data.load_strokes(600), nd.data.load_strokes(1000, seed=1), np.random.default_rng(0)
net = nd.experiments.small_network((28, 28, 1), 10, rng)
nd.training.fit(net, digits, nd.optimizers.Adam(0.002), epochs=2, batch_size=32, rng=rng)

ax = nd.plot.confusion(nd.visualize.confusion(net, test), test.classes, title="after two short epochs")

# %%
# Each digit, what spoke for the wrong answer, and what spoke for the true class.

wrong = nd.visualize.find_mistakes(net, test, k=5)
axes = nd.plot.mistakes(test.images[wrong.image_indices], wrong, test.classes)
