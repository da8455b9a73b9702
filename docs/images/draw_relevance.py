"""Draw the figures of docs/relevance.md: python docs/images/draw_relevance.py, with $NPDECONV_DATA."""

import os
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np

import npdeconv as nd

HERE = Path(__file__).parent
WEIGHTS = Path(os.environ["NPDECONV_DATA"]) / "deck" / "model3" / "weights.h5"
DIGITS = 10


def save(axes, name):
    """Write a figure beside this script."""
    axes[0].figure.savefig(HERE / f"{name}.png", dpi=100)


def main():
    """Judge the maps of ten drawn digits, and turn one digit into another."""
    net = nd.models.deck_model3(rng=np.random.default_rng(0))
    nd.weights.load_keras(net, WEIGHTS)
    images = nd.data.load_strokes(DIGITS, seed=1).images
    save(nd.plot.fooling(nd.visualize.fool(net, images[0], label=7), classes=net.classes), "fooling")
    question = net, images, "logits", nd.inference.predict(net, images).argmax(axis=1)
    constants = nd.visualize.RelevanceConstants(stride=4, changes=20)
    judged = {
        name: nd.visualize.judge_relevance(*question, explain=explain, constants=constants)
        for name, explain in nd.visualize.explainers(net, "logits").items()
    }
    title = f"deck_model3: the predicted class, means over {DIGITS} drawn digits"
    save(nd.plot.relevance_curves(judged, title=title), "relevance_curves")
    one = "deck_model3: the predicted class, one drawn digit"
    save(nd.plot.relevance_maps(images[0], judged, title=one), "relevance_maps")


if __name__ == "__main__":
    main()
