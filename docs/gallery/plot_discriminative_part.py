"""
Class maps stop at the part that tells
======================================

A class map says what a class was told *by*, not how far the object goes. Here every object is a ring with a handle of fourteen pixels, and a mark at the
handle's end: a cross or a square. Only the mark tells the two classes apart. In the control, a cross or a square is all there is, as large as the object.
"""

import numpy as np

import npdeconv as nd

MARKS = np.array([np.eye(7) + np.eye(7)[::-1] > 0, np.pad(np.zeros((5, 5)), 1, constant_values=1) > 0])
LARGE = MARKS.repeat(3, axis=1).repeat(3, axis=2)
row, column = np.indices((14, 14)) - 6.5
RING = np.abs(np.hypot(row, column) - 5.5) < 1.2


def draw(count, whole, seed):
    """Return images with noise, labels, and where the object and its telling part are: bool (N, 48, 48)."""
    rng = np.random.default_rng(seed)
    labels, objects = rng.integers(0, 2, count), np.zeros((count, 48, 48), bool)
    parts = np.zeros_like(objects)
    for label, one, part in zip(labels, objects, parts, strict=True):
        y, x = rng.integers(0, (27, 13 if not whole else 27))
        if whole:
            part[y : y + 21, x : x + 21] = LARGE[label]
        else:
            part[y + 4 : y + 11, x + 28 : x + 35] = MARKS[label]
            one[y : y + 14, x : x + 14] = RING
            one[y + 7, x + 14 : x + 28] = True
        one |= part
    noise = rng.integers(0, 60, (count, 48, 48))
    images = np.where(objects, 230, noise).astype(np.uint8)[..., np.newaxis]
    return nd.data.Dataset(images, labels, ("cross", "square"), "marked"), objects, parts


def study(whole, seed):
    """Return how much of the object, and of its telling part, the box of the true class's map covers."""
    rng = np.random.default_rng(seed)
    net = nd.models.cam_net(input_shape=(48, 48, 1), class_count=2, rng=rng)
    nd.training.fit(
        net, draw(400, whole, seed)[0], nd.optimizers.Adam(0.002), epochs=3, batch_size=32, rng=rng
    )
    test, objects, parts = draw(60, whole, 100 + seed)
    maps = nd.visualize.class_activation_maps(net, test.images, labels=test.labels[:, np.newaxis])
    boxes = nd.visualize.object_boxes(maps.upsampled[:, 0])
    covered = [nd.visualize.box_coverage(boxes, pixels).mean() for pixels in (objects, parts)]
    return nd.inference.evaluate(net, test).accuracy, *covered, maps, test, boxes


results = {whole: [study(whole, seed) for seed in range(3)] for whole in (False, True)}
for whole, runs in results.items():
    mean, low, high = nd.experiments.t_interval(np.array([run[:3] for run in runs]))
    print("the whole object tells" if whole else "one part tells")
    for name, *numbers in zip(
        ("accuracy", "object covered", "telling part covered"), mean, low, high, strict=True
    ):
        print("  {}: {:.0%} ({:.0%} to {:.0%})".format(name, *numbers))

# %%
# The map of the true class, and the box around its largest part above a fifth of its maximum, for an object of each kind.

for runs in results.values():
    maps, test, boxes = runs[0][3:]
    axes = nd.plot.class_activation(test.images[0], maps, classes=test.classes)
    nd.plot.draw_box(boxes[0], axes[1])
