"""Draw the figure of docs/question_marks.md and print its table: with $NPDECONV_DATA, a minute."""

import os
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib import pyplot as plt

import npdeconv as nd
from npdeconv.plot.textures import CAPTION

DATA = Path(os.environ["NPDECONV_DATA"])
LOOKS = {("relu2", 7): "3D effect??", ("pool1", 3): "Clumping effect??", ("relu3", 10): "Crystal effect??"}
MEASURES = "relief", "beads", "lattice"

net = nd.models.deck_model3(rng=np.random.default_rng(0))
nd.weights.load_keras(net, DATA / "deck" / "model3" / "weights.h5")
digits = nd.data.load_strokes(1000, 1).images
found = nd.visualize.find_strongest(net, digits, ["relu2", "pool1", "relu3"], k=2, by="mean")
figure, axes = plt.subplots(3, 5, figsize=(10.5, 7.6), layout="constrained")
for row, ((layer, m), look) in zip(axes, LOOKS.items(), strict=True):
    images = digits[found[layer].image_indices[m, 1:]]
    result = nd.visualize.compare_textures(net, images, layer, m, rng=np.random.default_rng(0))
    nd.plot.textures(images, result, row[np.newaxis])
    row[0].set_title(f"{look}\n{layer}, map {m}", fontsize="small")
figure.supxlabel(CAPTION, fontsize="small")
figure.savefig(Path(__file__).with_name("question_marks.png"), dpi=100)

images = nd.data.load_mnist("test").images[:20]
for layer in ("relu1", "relu2", "pool1", "relu3", "relu5"):
    rows = []
    for m in range(32):
        result = nd.visualize.compare_textures(net, images, layer, m, rng=np.random.default_rng(0))
        fires = result.pixels[0].any(axis=(1, 2, 3))
        if fires.mean() >= 0.9:
            rows.append([getattr(result, name)[:, fires].mean(axis=1) for name in MEASURES])
    every = nd.experiments.t_interval(np.array(rows))
    print(layer, f"{len(rows)} maps, period {result.period}")
    for name, *ends in zip(MEASURES, *every, strict=True):
        cells = (f"{mean:.3f} ({low:.3f} to {high:.3f})" for mean, low, high in zip(*ends, strict=True))
        print(f"  {name:8}", *cells)
