"""
Does the picture depend on the network?
=======================================

One unit's projection while layer by layer gets random weights, from the unit's own down: a row for each rule. The last row is a control that can't depend on any weight: the image itself.
"""

import numpy as np

import npdeconv as nd

digits, rng = nd.data.load_strokes(2000), np.random.default_rng(0)
net = nd.experiments.small_network((28, 28, 1), 10, rng)
nd.training.fit(net, digits, nd.optimizers.Adam(0.002), epochs=3, batch_size=32, rng=rng)

images, methods = digits.images[:6], ["deconv", "gradient", "guided", "image"]
result = nd.experiments.randomized_maps(net, images[3], "relu4", methods=methods)
axes = nd.plot.randomized_maps(result)

# %%
# The same in numbers, over several images and seeds, beside what unrelated maps score.

result = nd.experiments.randomization(net, images, "relu4", methods=methods, seeds=range(3))
axes = nd.plot.randomization(result)
print(*result.sentences(), sep="\n")
