"""Draw the figures of docs/oath.md: python docs/images/draw_oath.py, with $NPDECONV_DATA."""

import os
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib import pyplot as plt

import npdeconv as nd

HERE = Path(__file__).parent
DATA = Path(os.environ["NPDECONV_DATA"])
RULES = ["deconv", "gradient", "guided", "linear"]


def save(axes, name, title, dpi=80):
    """Write a figure beside this file."""
    figure = axes.flat[0].figure
    figure.suptitle(title, fontsize="medium")
    figure.savefig(HERE / f"{name}.png", dpi=dpi, metadata={"Software": None})
    plt.close(figure)


def draw_digits():
    """Draw one unit of the deck's network for a drawn digit, and the similarities for ten."""
    net = nd.models.deck_model3(rng=np.random.default_rng(0))
    nd.weights.load_keras(net, DATA / "deck" / "model3" / "weights.h5")
    images = nd.data.load_strokes(10).images
    methods = [*RULES, "occlusion", "image"]
    result = nd.experiments.randomized_maps(net, images[0], "relu6", methods=methods)
    title = f"deck_model3 with its published weights: relu6 map {result.feature_map}, new weights by seed 0"
    save(nd.plot.randomized_maps(result), "oath_maps", title)
    result = nd.experiments.randomization(net, images, "relu6", methods=methods, progress=True)
    save(nd.plot.randomization(result), "oath_rank", "deck_model3, relu6, ten drawn digits, five seeds")


def draw_cat():
    """Draw one unit of SqueezeNet for a photo in the public domain."""
    pretrained = nd.weights.load_card(DATA / "weights" / "squeezenet_imagenet.json")
    photo = DATA / "photos" / "cat_chelsea.jpg"
    image = nd.data.photos.fit_photos([photo], pretrained.preprocessing)[0]
    layers = ["fire9_expand", "fire8_expand", "fire6_expand", "fire4_expand", "conv1"]
    net = pretrained.on_pixels()
    result = nd.experiments.randomized_maps(
        net, image, "fire9_expand_relu", layers=layers, methods=[*RULES, "image"]
    )
    title = f"SqueezeNet: fire9_expand_relu map {result.feature_map}, new weights by seed 0"
    save(nd.plot.randomized_maps(result), "oath_squeezenet", title, dpi=100)


if __name__ == "__main__":
    draw_digits()
    draw_cat()
