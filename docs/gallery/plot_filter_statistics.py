"""
What filters tell
=================

Four measures of a network whose first layer takes every second pixel (figure 6 of the paper): does one filter dominate, which frequencies do the filters see, which maps are dead,
and is the grid of every second pixel seen in the projections of the second layer?
Dark is power. The grid shows as the dark spot in the upper circle, at half a cycle per pixel.
"""

import numpy as np

import npdeconv as nd

digits, rng = nd.data.load_strokes(1500), np.random.default_rng(0)
layers = {
    "conv1": nd.layers.Conv2D(1, 16, 5, stride=2, padding="same", rng=rng),
    "relu1": nd.layers.ReLU(),
    "conv2": nd.layers.Conv2D(16, 32, 5, padding="same", rng=rng),
    "relu2": nd.layers.ReLU(),
    "pool": nd.layers.MaxPool2D(2),
    "flatten": nd.layers.Flatten(),
    "logits": nd.layers.Dense(32 * 7 * 7, 10, rng=rng),
    "softmax": nd.layers.Softmax(),
}
net = nd.layers.Sequential(layers, input_shape=(28, 28, 1), name="strided")
nd.training.fit(net, digits, nd.optimizers.Adam(0.002), epochs=3, batch_size=32, rng=rng)

result = nd.visualize.filter_statistics(net, digits.images[:200])
axes = nd.plot.filter_statistics(result, title="5x5 filters with stride 2, on drawn digits")
