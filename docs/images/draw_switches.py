"""Draw the figures of docs/switches.md, from the root of the repository: drawn digits only."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import npdeconv as nd
from npdeconv.anatomy.maps import descent_start
from npdeconv.experiments.recovery import nie_network
from npdeconv.plot.images import vivid

HERE = Path(__file__).parent
ARCHITECTURES = "max pooling", "no pooling", "dense"
RULES = "gradient", "deconv", "guided"


def main() -> None:
    """Draw a row for each network with random weights, and a column for each rule."""
    image = nd.data.load_strokes(10, seed=1).images[3]
    x = nd.data.as_input(image[np.newaxis])
    figure, axes = plt.subplots(3, 4, figsize=(6.4, 5.4), layout="constrained")
    for row, architecture in zip(axes, ARCHITECTURES, strict=True):
        network = nie_network(architecture, (28, 28, 1), 10, np.random.default_rng(0))
        logits, tape = network.forward(x)
        start = descent_start(logits, logits.argmax(axis=1), values=1)
        nd.plot.image(image, row[0])
        row[0].text(
            -0.08, 0.5, architecture, transform=row[0].transAxes, rotation=90, ha="right", va="center"
        )
        for ax, rule in zip(row[1:], RULES, strict=True):
            pixels = network.descend(start, tape, rule)[0]
            alike = np.corrcoef(pixels.ravel(), x.ravel())[0, 1]
            nd.plot.image(vivid(pixels), ax)
            ax.set_title(f"{alike:.2f}", y=0, pad=-3, va="top", fontsize="small")
    for ax, name in zip(axes[0], ("the image", *RULES), strict=True):
        ax.text(0.5, 1.04, name, transform=ax.transAxes, ha="center")
    figure.supxlabel("random weights; below each picture, its correlation with the image", fontsize="small")
    figure.savefig(HERE / "switches_random.png", dpi=110)

    digits = nd.data.load_strokes(2000, seed=0)
    network = nd.experiments.small_network((28, 28, 1), 10, np.random.default_rng(0))
    rng = np.random.default_rng(0)
    nd.training.fit(network, digits, nd.optimizers.Adam(0.002), epochs=2, batch_size=32, rng=rng)
    unit = int(nd.visualize.project_layers(network, image, ["relu3"]).feature_maps[0])
    result = nd.visualize.compare_starts(
        network, image[np.newaxis], "relu3", unit, rules=("deconv", "gradient", "guided"), rng=rng
    )
    axes = nd.plot.starts(image, result)
    axes[0, 0].figure.savefig(HERE / "switches_unit.png", dpi=90)


if __name__ == "__main__":
    main()
