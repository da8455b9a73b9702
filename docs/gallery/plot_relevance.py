"""
Which maps predict what matters?
================================

Pixels are inserted and deleted by falling relevance: where a map knows what matters, the class comes early, and goes early. A random map and an
edge filter, which ask no network, are the controls.
"""

import numpy as np

import npdeconv as nd

digits, rng = nd.data.load_strokes(2000), np.random.default_rng(0)
net = nd.experiments.small_network((28, 28, 1), 10, rng)
nd.training.fit(net, digits, nd.optimizers.Adam(0.002), epochs=3, batch_size=32, rng=rng)

question = net, digits.images[:20], "logits", digits.labels[:20]
constants = nd.visualize.RelevanceConstants(stride=4, changes=30)
judged = {
    name: nd.visualize.judge_relevance(*question, explain=explain, constants=constants)
    for name, explain in nd.visualize.explainers(net, "logits").items()
}
axes = nd.plot.relevance_curves(judged, title="twenty drawn digits")

# %%
# The maps of one digit, with the areas under its curves: large is good as pixels come in, small as they go out.

axes = nd.plot.relevance_maps(digits.images[3], judged, image_index=3)

# %%
# The smallest change with which the network takes a digit for another one.

result = nd.visualize.fool(net, digits.images[3], label=(int(digits.labels[3]) + 1) % 10)
axes = nd.plot.fooling(result, classes=digits.classes)
