"""`npdeconv demo`: train on the embedded digits, then draw what was learned.

Draws digits, trains deck_model3 on them, projects the strongest activations of every layer back to
pixels, and writes a page about the run. Needs no files and no network; takes about a minute on two
cores.
"""

import argparse

import numpy as np

from npdeconv import models, optimizers, plot, training
from npdeconv._types import Array
from npdeconv.callbacks import Snapshots, print_epoch
from npdeconv.cli.figures import Results, answers, check_folder
from npdeconv.cli.options import add_results, share
from npdeconv.cli.parser import Parser
from npdeconv.cli.report import check_page, write_report
from npdeconv.cli.train import naming_resume, say_if_it_failed
from npdeconv.data import Dataset, load_strokes
from npdeconv.layers import Sequential
from npdeconv.visualize import Strongest, find_strongest, project

MAPS_SHOWN = 8


def add(parser: Parser) -> None:
    """Declare the options."""
    share(parser, "--count", " to draw and learn from", default=12_000)
    share(parser, "--epochs", default=3)
    share(parser, "--seed")
    add_results(parser, "demo")


def run(options: argparse.Namespace) -> None:
    """Train, draw, write the report."""
    out, rng = Results(options), np.random.default_rng(options.seed)
    network = models.deck_model3(rng=rng)
    folder = options.out / "run"
    check_folder(folder)
    check_page(options.out / "report.html")
    print(f"drawing {options.count:,} digits to learn from, 2,000 to test with", flush=True)
    train, test = load_strokes(options.count, options.seed), load_strokes(2_000, options.seed + 1)
    print(f"training {network.name} for {options.epochs} epochs; the run is in {folder}", flush=True)
    with naming_resume(folder, "the same command"):
        history = training.fit(
            network,
            train,
            optimizers.SGD(0.05, momentum=0.9),
            epochs=options.epochs,
            rng=rng,
            validation=test,
            schedule=optimizers.StepDecay(2, 0.1),
            callbacks=[Snapshots(folder / "snapshots"), print_epoch],
            run=folder,
            resume=True,  # a stopped demo goes on; a finished one is only drawn again
            workers=options.workers,
            progress=True,
        )
    say_if_it_failed(history, train)
    print("projecting the strongest activations of every layer", flush=True)
    files = [out.figure(plot.curves(history, title=f"{network.name} on {train.name}"), "curves")]
    layers = [name for name, layer in network.layers.items() if layer.rectifies]
    strongest = find_strongest(network, test.images, layers, k=1, workers=options.workers)
    for number, (layer, found) in enumerate(strongest.items(), 1):
        axes = _draw_layer(network, test, layer, found, options.workers)
        files.append(out.figure(axes, f"layer{number}_{layer}"))
    print("what the network learned, as figures, and as a page to open in a browser:", *files, sep="\n  ")
    write_report(folder, network, test, options.out / "report.html", workers=options.workers)


def _draw_layer(
    network: Sequential, dataset: Dataset, layer: str, found: Strongest, workers: int | None
) -> Array:
    """Draw the strongest image of each of a layer's most active maps, and its projection."""
    maps = np.sort(np.argsort(-found.activations[:, 0], kind="stable")[:MAPS_SHOWN])
    images = dataset.images[found.image_indices[maps, 0]]
    result = project(network, images, layer, maps, workers=workers)
    numbers = found.image_indices[maps, 0]
    said = answers(network, dataset, numbers, workers, between="\n")
    titles = [f"map {m}, image {n}\n{answer}" for m, n, answer in zip(maps, numbers, said, strict=True)]
    title = f"{network.name}, {layer}: the digit of {dataset.name} that excites each map most"
    return plot.projections(images, result, titles=titles, title=f"{title}, and its projection by deconv")
