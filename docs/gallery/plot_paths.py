"""
Through the shortcut and through the body
=========================================

A residual block adds what it read to what it made of that. A projection splits into the part that comes down the shortcut and the part that comes down the body.
"""

import numpy as np

import npdeconv as nd

digits, rng = nd.data.load_strokes(1500), np.random.default_rng(0)
layers = {
    "conv1": nd.layers.Conv2D(1, 16, 3, stride=2, padding="same", rng=rng),
    "relu1": nd.layers.ReLU(),
    "conv2": nd.layers.Conv2D(16, 16, 3, padding="same", rng=rng),
    "relu2": nd.layers.ReLU(),
    "conv3": nd.layers.Conv2D(16, 16, 3, padding="same", rng=rng),
    "add": nd.layers.Add(),
    "relu3": nd.layers.ReLU(),
    "pool": nd.layers.MaxPool2D(2),
    "flatten": nd.layers.Flatten(),
    "logits": nd.layers.Dense(16 * 49, 10, rng=rng),
    "softmax": nd.layers.Softmax(),
}
net = nd.layers.Graph(layers, inputs={"add": ["relu1", "conv3"]}, input_shape=(28, 28, 1))
nd.training.fit(net, digits, nd.optimizers.Adam(0.002), epochs=3, batch_size=32, rng=rng)

image = digits.images[3]
strongest = int(nd.visualize.project_layers(net, image, ["relu3"]).feature_maps[0])
axes = nd.plot.paths(image, nd.visualize.project_paths(net, image, "relu3", strongest))
