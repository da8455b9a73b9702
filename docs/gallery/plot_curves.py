"""
Learning, epoch by epoch
========================

The loss falls and the accuracy rises. Where the curve of validation leaves that of training, the network learns its images by heart.
"""

import numpy as np

import npdeconv as nd

digits, rng = nd.data.load_strokes(1500), np.random.default_rng(0)
net = nd.experiments.small_network((28, 28, 1), 10, rng)
adam = nd.optimizers.Adam(0.002)
history = nd.training.fit(net, digits, adam, epochs=8, batch_size=32, rng=rng, validation=0.2)

axes = nd.plot.curves(history, title="drawn digits")
