"""
Hide a part and see what the network loses
==========================================

A gray square slides over a digit (figure 7 of the paper). Where hiding it makes the class improbable, the network needs what is there.
"""

import numpy as np

import npdeconv as nd

digits, rng = nd.data.load_strokes(2000), np.random.default_rng(0)
net = nd.experiments.small_network((28, 28, 1), 10, rng)
nd.training.fit(net, digits, nd.optimizers.Adam(0.002), epochs=3, batch_size=32, rng=rng)

image, label = digits.images[3], int(digits.labels[3])
result = nd.visualize.occlude(net, image, "relu3", label=label, size=8, stride=2)
axes = nd.plot.occlusion(image, result, classes=digits.classes, truth=label)
