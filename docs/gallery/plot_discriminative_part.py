"""
Class maps stop at the part that tells
======================================

A class map says what a class was told *by*, not how far the object goes. Here every object is a ring with a handle, and a mark at the handle's end: a
cross or a square. The network is made by hand: its two filters are the two marks, so it is always right, and it is known to read nothing else.
"""

import numpy as np

import npdeconv as nd

MARKS = np.array([np.eye(7) + np.eye(7)[::-1] > 0, np.pad(np.zeros((5, 5)), 1, constant_values=1) > 0])
row, column = np.indices((14, 14)) - 6.5
RING = np.abs(np.hypot(row, column) - 5.5) < 1.2

rng, count = np.random.default_rng(0), 200
labels, objects = rng.integers(0, 2, count), np.zeros((count, 48, 48), bool)
parts = np.zeros_like(objects)
for label, one, part in zip(labels, objects, parts, strict=True):
    y, x = rng.integers(0, (35, 14))
    part[y + 4 : y + 11, x + 28 : x + 35] = MARKS[label]
    one[y : y + 14, x : x + 14] = RING
    one[y + 7, x + 14 : x + 28] = True
    one |= part
images = np.where(objects, 230, rng.integers(0, 40, objects.shape)).astype(np.uint8)[..., np.newaxis]

conv = nd.layers.Conv2D(1, 2, 7, padding="same", rng=rng)
for number, mark in enumerate(MARKS):
    conv.weight[:, :, 0, number] = mark / mark.sum() - ~mark / (~mark).sum()
conv.bias[...] = -0.6  # of about 0.9, where all of the mark is there
dense = nd.layers.Dense(2, 2, rng=rng)
dense.weight[...] = np.eye(2)
layers = {"conv": conv, "relu": nd.layers.ReLU(), "pool": nd.layers.MaxPool2D(8)}
layers |= {"mean": nd.layers.GlobalAveragePool(), "logits": dense}
net = nd.layers.Sequential(layers, input_shape=(48, 48, 1), classes=("cross", "square"))

maps = nd.visualize.class_activation_maps(net, images, labels=labels[:, np.newaxis])
boxes = nd.visualize.object_boxes(maps.upsampled[:, 0])
covered = {
    name: nd.visualize.box_coverage(boxes, pixels) for name, pixels in (("object", objects), ("mark", parts))
}
accuracy = (nd.inference.predict(net, images).argmax(axis=1) == labels).mean()
print(f"right: {accuracy:.0%}")
for name, shares in covered.items():
    mean, low, high = nd.experiments.t_interval(shares)
    print(f"share of the {name}'s pixels in the map's box: {mean:.1%} ({low:.1%} to {high:.1%})")

# %%
# The map of the true class, and the box around its largest part above a fifth of its maximum.

axes = nd.plot.class_activation(images[0], maps, classes=net.classes)
nd.plot.draw_box(boxes[0], axes[1])
