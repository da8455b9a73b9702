"""`npdeconv retrain`: does a network reconstruct a class better after training on more images of it?

Reconstructs a class from noise, trains a copy of the network on half of some photos of it, and
reconstructs it again. SIFT with bags of words and Harris corners with RANSAC measure whether the
result is closer to the photos; an untrained control class is measured likewise. Writes figures
(.png), a table of all scores (.csv) and the raw arrays (.npz). Each finished repetition is kept, and
found again. Needs scikit-image: pip install npdeconv[retraining].
"""

import argparse
from collections.abc import Iterable, Sequence
from typing import Any, get_args

import numpy as np

from npdeconv import plot
from npdeconv._files import write_table
from npdeconv._text import visible
from npdeconv._types import Array
from npdeconv.anatomy.roles import answer_shape
from npdeconv.cli.figures import Results, file_stem
from npdeconv.cli.networks import load_network
from npdeconv.cli.options import add_network, add_results, at_least, class_numbers, share
from npdeconv.cli.parser import Parser
from npdeconv.data.photos import fit_photos, list_photos
from npdeconv.experiments import Retraining, retraining, t_interval
from npdeconv.experiments.retraining_result import AFTER, BEFORE, CONTROL, KNOWN, RETRAINED, Score, Seen
from npdeconv.inference import class_names, predict
from npdeconv.layers import Sequential
from npdeconv.visualize.scikit_image import check_scikit_image

COLUMNS = ("repetition", "class", "image", "image is", "score", "before", "after")


def add(parser: Parser) -> None:
    """Declare the options."""
    add_network(parser, data=False)
    option = parser.add_argument
    option("--photos", required=True, metavar="FOLDER", help="of the class to retrain")
    option("--class", required=True, dest="target", metavar="CLASS", help="that class, by name or number")
    option("--control", required=True, metavar="FOLDER", help="photos of the control class, not trained on")
    option(
        "--control-class",
        metavar="CLASS",
        help="the control class; if not given, the most frequent prediction for its photos",
    )
    option("--repetitions", type=at_least(2), default=5, metavar="N", help="trainings, each on another half")
    share(parser, "--epochs", " of each training", default=3)
    share(parser, "--learning-rate", default=1e-4)
    share(parser, "--steps", " of each reconstruction", default=100)
    option("--words", type=at_least(1), default=64, metavar="N", help="size of the visual vocabulary")
    share(parser, "--seed")
    add_results(parser, "retraining")


def run(options: argparse.Namespace) -> None:
    """Retrain, measure, draw, and print the table."""
    check_scikit_image()
    out = Results(options)
    loaded = load_network(options)
    network, preprocessing = loaded.network, loaded.fitting()
    (outputs,) = answer_shape(network, (*preprocessing.size, preprocessing.channel_count))
    classes = class_names(network, outputs)
    photos, others = list_photos(options.photos), list_photos(options.control)
    images, control_images = (fit_photos(few, preprocessing) for few in (photos, others))
    (target,) = class_numbers("--class", [options.target], network, outputs)
    if options.control_class is None:
        control = _most_frequent(network, control_images, target, options.workers)
    else:
        (control,) = class_numbers("--control-class", [options.control_class], network, outputs)
    names = classes[target], classes[control]
    result = retraining(
        network,
        images,
        label=target,
        control_images=control_images,
        control_label=control,
        seeds=range(options.seed, options.seed + options.repetitions),
        epochs=options.epochs,
        learning_rate=options.learning_rate,
        steps=options.steps,
        vocabulary=options.words,
        folder=out.place("seeds"),
        workers=options.workers,
        progress=True,
    )
    stem = file_stem("retraining", network.name, f"class{target}", f"control{control}", split="test")
    files = [photo.stem for photo in (*photos, *others)]
    figures = {
        "reconstructions": plot.reconstructions(result, names),
        "scores": plot.similarity(result, names),
        "words": plot.bags_of_words(result, files=files),
    } | {
        f"contributions_{score}": plot.contributions(result, score, files=files[: len(photos)])
        for score in get_args(Score)
    }
    paths = [out.figure(axes, f"{stem}_{kind}") for kind, axes in figures.items()]
    paths += [
        out.arrays(stem, result._asdict()),
        write_table(out.place(f"{stem}.csv"), COLUMNS, _rows(result, names, files)),
    ]
    _print(result, tuple(map(visible, names)))
    print(*paths, sep="\n")


def _most_frequent(network: Sequential, images: Array, target: int, workers: int | None) -> int:
    """Return the most frequent prediction for images, except the retrained class."""
    answers = predict(network, images, workers=workers)
    answers[:, target] = -1
    return int(np.bincount(answers.argmax(axis=1)).argmax())


def _print(result: Retraining, names: Sequence[str]) -> None:
    own = result.trained.shape[1] - result.control_images
    print(
        f"{own} images of {names[RETRAINED]}, half to train on, {result.control_images} of {names[CONTROL]}"
    )
    for kind, cut in ((RETRAINED, slice(own)), (CONTROL, slice(own, None))):
        probability = result.probability[:, kind, :, cut].mean(axis=(1, 2))
        print(
            f"mean probability of {names[kind]} for its images:"
            f" {probability[BEFORE]:.3f} before, {probability[AFTER]:.3f} after"
        )
    print(f"{'best score, mean over repetitions':<66}{'before':>8}{'after':>8}{'gain, 95 % interval':>26}")
    for score in get_args(Score):
        for kind, name in enumerate(names):
            for seen in get_args(Seen):
                means = result.best(score, seen).mean(axis=2)
                gain = t_interval(result.gain(score, seen)[kind])
                label = f"{score}, {name}, against images: {seen}"
                interval = f"{gain.mean:+.3f} ({gain.low:+.3f} to {gain.high:+.3f})"
                print(f"{label:<66}{means[BEFORE, kind]:>8.3f}{means[AFTER, kind]:>8.3f}{interval:>26}")
        worth = result.known[get_args(Score).index(score)].mean(axis=1)
        known = ", ".join(f"{name} {value:.3f}" for name, value in zip(KNOWN, worth, strict=True))
        print(f"{score}, for comparison: {known}")
        effect = result.effect(score)
        print(
            f"{score}: {names[RETRAINED]} gained {effect.mean:+.3f}"
            f" ({effect.low:+.3f} to {effect.high:+.3f}) more on its held-out images"
            f" than {names[CONTROL]} on its own"
        )


def _rows(result: Retraining, names: Sequence[str], files: Sequence[str]) -> Iterable[Sequence[Any]]:
    own = len(files) - result.control_images
    for repetition, kind, image in np.ndindex(result.words.shape[2], 2, len(files)):
        seen = "trained" if result.trained[repetition, image] else "held out" if image < own else "control"
        for score, values in (("words", result.words), ("corners", result.corners)):
            before, after = values[:, kind, repetition, image]
            yield repetition, names[kind], files[image], seen, score, f"{before:.6f}", f"{after:.6f}"
