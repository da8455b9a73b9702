"""
Layers removed
==============

A small AlexNet, and two with layers removed, trained from scratch on a few hundred drawn digits, beside the errors that the paper prints for ImageNet (table 3).
In so few steps, the fewer layers there are, the sooner a network learns: this picture is about training, not about what the layers are good for. A dot is a seed.
"""

import npdeconv as nd

digits, test = nd.data.load_strokes(300), nd.data.load_strokes(300, seed=1)
result = nd.experiments.ablate(
    digits,
    test,
    variants=["full", "no conv3, conv4", "no fc6, fc7"],
    seeds=[0, 1],
    epochs=6,
    batch_size=20,
)
axes = nd.plot.ablation(result, title="300 drawn digits")
