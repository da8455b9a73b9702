"""
A class before and after more training
======================================

Images made for a class before and after the network was trained on more of it, beside a control class that was not.
Only a difference from the control would be an effect. In so small a study there is none: all intervals overlap.
"""

import matplotlib.pyplot as plt
import numpy as np

import npdeconv as nd

digits, rng = nd.data.load_strokes(1200), np.random.default_rng(0)
images = digits.images.repeat(2, axis=1).repeat(2, axis=2)  # 56x56: the measures look for corners
large = nd.data.Dataset(images, digits.labels, digits.classes, "large digits")
net = nd.experiments.small_network((56, 56, 1), 10, rng)
nd.training.fit(net, large, nd.optimizers.Adam(0.002), epochs=3, batch_size=32, rng=rng)

threes, eights = (images[digits.labels == label][:6] for label in (3, 8))
few = {"control_label": 8, "seeds": range(3), "epochs": 1, "steps": 60, "vocabulary": 16}
result = nd.experiments.retraining(net, threes, label=3, control_images=eights, **few)

axes = nd.plot.reconstructions(result, ["three", "eight"])

# %%
# The picture of one repetition, before and after, with the closest image of the class, and how often each visual word is in both.

axes = nd.plot.bags_of_words(result)

# %%
# How similar the images are to pictures of the class, by two measures, before and after. By the second, all scores are 0:
# drawn digits have too few corners.

axes = nd.plot.similarity(result, ["three", "eight"])

# %%
# How much closer the class came to each picture, when that was trained on and when it was not. Were training at work,
# the dark bars would be the longer ones; with three repetitions, they point anywhere.

ax = nd.plot.contributions(result, ax=plt.subplots(figsize=(8, 3.5))[1])
