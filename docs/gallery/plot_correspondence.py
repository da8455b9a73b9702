"""
Hide the same part of different images
======================================

The pen's last stroke is hidden in five digits of one class, and the changes of the features are compared by their signs (table 1 of the paper).
In the middle layers they are more alike than when a box of the same size lies anywhere on each digit.
"""

import numpy as np

import npdeconv as nd

digits, parts = nd.data.load_stroke_parts(2000)
rng = np.random.default_rng(0)
net = nd.experiments.small_network((28, 28, 1), 10, rng)
nd.training.fit(net, digits, nd.optimizers.Adam(0.002), epochs=3, batch_size=32, rng=rng)

chosen = np.flatnonzero((digits.labels == 2) & (parts["end"][:, 1] > 0))[:5]
images = digits.images[chosen]
result = nd.visualize.correspondence(
    net,
    images,
    ["relu1", "relu2", "relu3", "relu4", "relu_dense1"],
    parts={"end": parts["end"][chosen]},
    within=np.tile([4, 24, 4, 24], (5, 1)),
    rng=rng,
)
axes = nd.plot.correspondence(images, result)
