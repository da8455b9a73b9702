"""Draw filters_first_layers.png: python docs/images/draw_filters.py RUNS, with $NPDECONV_DATA.

RUNS is the folder `runs` that the command in docs/filters.md writes.
"""

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib import pyplot as plt

import npdeconv as nd
from npdeconv.experiments.first_layers import COARSE, FINE, alexnet_like

train, test = nd.data.load_cifar10("train")[:10000], nd.data.load_cifar10("test")[:2000]
figure, axes = plt.subplots(2, 4, figsize=(13.6, 7), layout="constrained")
for row, first in zip(axes, (COARSE, FINE), strict=True):
    net = alexnet_like(first, train, np.random.default_rng(0))
    nd.weights.load(net, Path(sys.argv[1]) / f"{first[0]}x{first[0]}_{first[1]}_seed0" / "weights.npz")
    result = nd.visualize.filter_statistics(net, test.images, "relu2", layers=["relu1", "relu2"], stride=2)
    nd.plot.filter_statistics(result, row)
    row[0].set_title(f"stride {first[1]}: " + row[0].get_title(), fontsize="small")
figure.savefig(Path(__file__).parent / "filters_first_layers.png", dpi=75, metadata={"Software": None})
