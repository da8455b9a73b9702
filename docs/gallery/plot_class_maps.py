"""
Class activation maps
=====================

A network that ends in global pooling knows where it found a class, though it was only told which one.
Here, the curve and the loop speak for a 6, the end of the stem for a 1, and both ends of the digit for a 4.
"""

import numpy as np

import npdeconv as nd

digits, test = nd.data.load_strokes(2000), nd.data.load_strokes(80, seed=1)
rng = np.random.default_rng(0)
layers = {
    "conv1": nd.layers.Conv2D(1, 16, 5, padding="same", rng=rng),
    "relu1": nd.layers.ReLU(),
    "pool1": nd.layers.MaxPool2D(2),
    "conv2": nd.layers.Conv2D(16, 32, 5, padding="same", rng=rng),
    "relu2": nd.layers.ReLU(),
    "conv3": nd.layers.Conv2D(32, 64, 3, padding="same", rng=rng),
    "relu3": nd.layers.ReLU(),
    "mean": nd.layers.GlobalAveragePool(),
    "logits": nd.layers.Dense(64, 10, rng=rng),
    "softmax": nd.layers.Softmax(),
}
net = nd.layers.Sequential(layers, input_shape=(28, 28, 1))
nd.training.fit(net, digits, nd.optimizers.Adam(0.003), epochs=6, batch_size=32, rng=rng)

result = nd.visualize.class_activation_maps(net, digits.images[1:2], k=3)
axes = nd.plot.class_activation(digits.images[1], result, classes=digits.classes)

# %%
# Digits hidden in clutter: do maps of average or of max pooling find them? After so short a training, neither does well.

study = nd.experiments.compare_poolings(digits[:400], test, seeds=(0, 1), warm_up=1, epochs=2, examples=3)
axes = nd.plot.localization(study.localization)

# %%
# True boxes in green, found ones in red. A box that is too large misses the digit, too: it has to overlap by half.

axes = nd.plot.localization_examples(study.examples[0])
