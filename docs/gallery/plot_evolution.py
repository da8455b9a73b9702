"""
Feature maps during training
============================

A row for each map, a column for each epoch: the projection of the image that excites the map most at that time (figure 4 of the paper).
A frame marks a jump to another image.
"""

import numpy as np

import npdeconv as nd

digits, rng = nd.data.load_strokes(1000), np.random.default_rng(0)
net = nd.experiments.small_network((28, 28, 1), 10, rng)
seen = nd.visualize.EvolutionRecorder(
    digits.images[:200], ["relu3"], feature_maps=range(5), epochs=(1, 2, 3, 5, 8)
)
adam = nd.optimizers.Adam(0.002)
nd.training.fit(net, digits, adam, epochs=8, batch_size=32, rng=rng, callbacks=[seen])

ax = nd.plot.evolution(seen.result()["relu3"], title="five maps of relu3")
