"""
Learning from few images
========================

A network that knows the digits 0 to 4 learns 5 to 9 from a few images each: with a new classifier on its frozen features, or from scratch (table 4 and figure 9 of the paper).
In the means, frozen features are ahead at every number of images, but with one image per class the intervals are wide, and overlap.
"""

import numpy as np

import npdeconv as nd

digits, rng = nd.data.load_strokes(2000), np.random.default_rng(0)
known = nd.experiments.only_classes(digits, ["0", "1", "2", "3", "4"])
new = nd.experiments.only_classes(digits, ["5", "6", "7", "8", "9"])
net = nd.experiments.small_network((28, 28, 1), 5, rng)
nd.training.fit(net, known, nd.optimizers.Adam(0.002), epochs=3, batch_size=32, rng=rng)

scratch = nd.experiments.Scratch(lambda rng: nd.experiments.small_network((28, 28, 1), 5, rng), steps=60)
result = nd.experiments.transfer(
    net, new, "relu3", per_class=[1, 5, 15], scratch=scratch, scratch_seeds=range(3)
)
ax = nd.plot.transfer(result, chance=0.2, title="digits 5 to 9")

# %%
# A linear classifier after each layer, for the trained network and for one with random weights (table 7).
# In so small a network, training pays in the last layer only.

layers = ["relu1", "relu2", "relu3", "relu4", "relu_dense1"]
trained = nd.experiments.linear_probes(net, new, layers, per_class=[10], limit=500)
random = nd.experiments.linear_probes(
    nd.experiments.untrained(net, rng), new, layers, per_class=[10], limit=500
)
ax = nd.plot.probes(trained, random, chance=0.2, title="digits 5 to 9")
