"""
Activations over a sequence of images
=====================================

A digit wanders to the right; beside it, five maps of one layer, all on one scale. Each row is one frame of the animation that `npdeconv animate` writes:
a map's pattern wanders with the digit.
"""

import numpy as np

import npdeconv as nd

digits, rng = nd.data.load_strokes(2000), np.random.default_rng(0)
net = nd.experiments.small_network((28, 28, 1), 10, rng)
nd.training.fit(net, digits, nd.optimizers.Adam(0.002), epochs=3, batch_size=32, rng=rng)

sequence = np.stack([np.roll(digits.images[3], shift, axis=1) for shift in range(-6, 7, 3)])
maps = np.stack([nd.visualize.feature_maps(net, image, "relu2").maps for image in sequence])
chosen = np.argsort(-maps.max(axis=(0, 2, 3)))[:5]
frames = nd.plot.activation_frames(sequence, maps[:, chosen])
ax = nd.plot.image(nd.plot.montage(frames.reshape(-1, *frames.shape[2:]) / 255, columns=6))
