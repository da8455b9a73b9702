"""
What the last hidden layer finds similar
========================================

Digits at the first two principal components of the last hidden layer. Sixes, fours, ones and fives lie apart at the
edges; in the middle, two components are too few to part the other classes.
"""

import numpy as np

import npdeconv as nd

digits, rng = nd.data.load_strokes(2000), np.random.default_rng(0)
net = nd.experiments.small_network((28, 28, 1), 10, rng)
nd.training.fit(net, digits, nd.optimizers.Adam(0.002), epochs=3, batch_size=32, rng=rng)

test = nd.data.load_strokes(300, seed=1)
result = nd.visualize.embed(net, test.images, k=4)
ax = nd.plot.scatter(result.pca.points, test.images, test.labels, test.classes, title=result.layer)

# %%
# Five digits, and their nearest neighbors: on the left by all features, on the right by pixels. Those of another class
# are framed, and there are fewer of them by features.

in_features = nd.visualize.nearest_neighbors(result.features, 4, queries=range(5))
in_pixels = nd.visualize.nearest_neighbors(nd.visualize.pixel_features(test.images), 4, queries=range(5))
axes = nd.plot.neighbors(test.images, in_features, in_pixels, test.labels, test.classes)
