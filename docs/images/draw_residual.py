"""Draw the figures of docs/residual.md: python docs/images/draw_residual.py, with $NPDECONV_DATA."""

import os
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib import pyplot as plt
from PIL import Image

import npdeconv as nd

HERE = Path(__file__).parent
DATA = Path(os.environ["NPDECONV_DATA"])
FILES = {"resnet20": "resnet20-12fca82f.th", "resnet44": "resnet44-014dd654.th"}
TITLES = {"resnet20": "ResNet-20", "resnet44": "ResNet-44"}


def network(name):
    """Load a network that takes pixels."""
    return nd.weights.load_published(name, DATA / "resnet" / FILES[name]).on_pixels()


def blocks(net, stage=""):
    """Return the names of the last rectifiers of all blocks, or of a stage's."""
    return [name for name in net.layers if name.startswith(f"block{stage}") and name.endswith("_relu")]


def digits():
    """Return drawn digits with a black margin, gray copied to three channels."""
    images = nd.data.load_strokes(1000, seed=0).images
    return np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0))).repeat(3, axis=3)


def cat():
    """Return the middle square of the photo, scaled down to 32x32 by averaging."""
    photo = Image.open(DATA / "photos" / "cat_chelsea.jpg").convert("RGB")
    side = min(photo.size)
    left, top = (photo.width - side) // 2, (photo.height - side) // 2
    return np.asarray(photo.crop((left, top, left + side, top + side)).resize((32, 32), Image.Resampling.BOX))


def save(figure, name, dpi=100):
    """Write a figure beside this file."""
    figure.savefig(HERE / f"{name}.png", dpi=dpi, metadata={"Software": None})
    plt.close(figure)


def draw_top(net, images, chosen, name, title):
    """Draw the nine strongest digits of two maps of each block, with their projections."""
    found = nd.visualize.find_strongest(net, images, chosen)
    figure, axes = plt.subplots(3, 3, figsize=(11, 9.5), layout="constrained")
    for ax, layer in zip(axes.flat, chosen, strict=True):
        maps = np.sort(nd.visualize.most_active(found[layer], 2))
        patches = nd.visualize.find_patches(net, images, layer, found=found[layer])
        nd.plot.strongest(patches, found[layer], ax, feature_maps=maps)
        ax.set_title(layer, fontsize="small", pad=12)
    figure.suptitle(
        f"{title}: two maps of nine blocks; left the nine strongest of 1,000 drawn digits, right their"
        " projections (mid-gray is zero)",
        fontsize="medium",
    )
    save(figure, name)


def draw_layers(net, image, chosen, name):
    """Draw the strongest unit of each block."""
    axes = nd.plot.layers(image, nd.visualize.project_layers(net, image, chosen))
    save(axes[0, 0].figure, name, 72)


def draw_class_maps(net, image, name):
    """Draw what speaks for the three likeliest classes."""
    found = nd.visualize.class_activation_maps(net, image[np.newaxis], k=3)
    axes = nd.plot.class_activation(image, found, classes=net.classes)
    save(axes.flat[0].figure, name)


def draw_depth(image):
    """Draw one map of the second stage through its blocks: shortcuts keep the number of a map."""
    rows = {name: (network(name), feature_map) for name, feature_map in (("resnet20", 18), ("resnet44", 18))}
    figure, axes = plt.subplots(2, 8, figsize=(12, 4), layout="constrained")
    for ax in axes.flat:
        ax.set_axis_off()
    for row, (name, (net, feature_map)) in zip(axes, rows.items(), strict=True):
        chosen = blocks(net, "2")
        position = nd.visualize.project(net, image[np.newaxis], chosen[-1], feature_map).position[0]
        place = (int(position[0]), int(position[1]))
        nd.plot.image(image, row[0], title=f"{TITLES[name]}\nmap {feature_map}, unit {place}")
        for ax, layer in zip(row[1:], chosen, strict=False):
            found = nd.visualize.project(net, image[np.newaxis], layer, feature_map, select=place)
            shown = nd.visualize.display(found.pixels[0])
            nd.plot.image(shown, ax, title=f"{layer}\nactivation {found.activation[0]:.2g}")
    save(figure, "residual_depth")


def main():
    """Draw all figures."""
    image = cat()
    for name in FILES:
        net = network(name)
        every = blocks(net)
        chosen = every if name == "resnet20" else [b for b in every if b[7] in "147"]
        suffix = "" if name == "resnet20" else "44"
        draw_top(net, digits(), chosen, f"residual{suffix}_top", TITLES[name])
        draw_layers(net, image, chosen, f"residual{suffix}_layers")
        draw_class_maps(net, image, f"residual{suffix}_maps")
        layer = every[-1]
        found = nd.visualize.occlude(net, image, layer, label="cat", size=8, stride=2)
        axes = nd.plot.occlusion(image, found, classes=net.classes)
        save(np.ravel(axes)[0].figure, f"residual{suffix}_occlusion")
    draw_depth(image)


if __name__ == "__main__":
    main()
