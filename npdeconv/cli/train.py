"""`npdeconv train`: train a network, from the beginning or from pretrained weights.

Trains a network and records the run in a folder: settings, history, weights, snapshots and a
checkpoint, written every minute. A stopped run goes on with --resume, to the same weights as without
the stop.

A model's name begins with random weights. With --weights, and with any other NETWORK, training goes on
from its weights (fine-tuning): if its classes are not those of --data, the last layer is a new one.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np

from npdeconv import callbacks, models, optimizers, training
from npdeconv._types import Generator
from npdeconv.anatomy.roles import answer_shape
from npdeconv.cli.console import complain
from npdeconv.cli.datasets import check_takes, has_test_set, load_data, read_data, record_data
from npdeconv.cli.figures import check_folder
from npdeconv.cli.networks import OF_FILES, Loaded, is_own, load_network
from npdeconv.cli.options import at_least, number, share
from npdeconv.cli.parser import Parser
from npdeconv.cli.report import check_page, write_report
from npdeconv.data import Augmentation, Dataset, compose, flip, shift, tint, warp
from npdeconv.layers import Sequential
from npdeconv.report import Watch
from npdeconv.training.fitting import Callback
from npdeconv.training.loading import is_run
from npdeconv.training.loop import Constraint
from npdeconv.training.settings import Schedule

LEARNING_RATES = {"sgd": 0.05, "adam": 1e-3, "rmsprop": 1e-3, "adadelta": 1.0}
GENTLER = 0.1
"""How much smaller the learning rate is that starts from pretrained weights."""

AUGMENTATIONS = {"flip": flip(), "warp": warp(20, 1.2, 0.1, fill=255), "tint": tint(1.5, 1.2, white=231)}
AUGMENT_HELP = """\
vary training images: flip mirrors them left to right; warp turns them by up to 20 degrees, zooms by up
to 1.2, shifts by up to 10 %% and fills with white; tint multiplies or divides their darkness by up to
1.5, and that of each channel by up to 1.2; warp and tint are for pictures on white, such as rps"""
MAX_NORMS = {"plotka": 3.0}
"""The norms to which the authors of some networks bound the weights of the hidden dense layer."""

SNAPSHOTS = (1, 2, 5, 10, 20, 30, 40, 50, 64)


def add(parser: Parser) -> None:
    """Declare the options."""
    option = parser.add_argument
    option(
        "network",
        metavar="NETWORK",
        help=f"one of {', '.join(models.names())}, or FILE.PY:FUNCTION that builds your own; or a trained"
        " network to go on from: folder of a run, card (.json), ONNX file, Keras file with its model, or file"
        " of weights with --model",
    )
    for name in ("--weights", "--model", "--fold", *OF_FILES):
        share(parser, name)
    epochs: dict[str, Any] = {"type": at_least(1), "metavar": "EPOCHS"}
    share(parser, "--data", default="mnist")
    option("--test", metavar="SET", help="data set of the test images at the end; --data if not given")
    option(
        "--freeze",
        metavar="LAYER",
        help="keep the weights of this layer, and of all that it reads from, as they are",
    )
    option(
        "--run",
        dest="folder",
        type=Path,
        metavar="DIR",
        help="folder of the run; if not given, runs/ and the network's name",
    )
    option("--resume", action="store_true", help="go on with the run in the folder")
    share(parser, "--epochs", "; in all", default=5)
    option("--batch-size", type=at_least(1), default=128, metavar="N", help="images per step")
    option("--optimizer", choices=LEARNING_RATES, default="sgd", help="sgd has a momentum of 0.9")
    rates = ", ".join(f"{rate:g} for {name}" for name, rate in LEARNING_RATES.items())
    share(parser, "--learning-rate", f"; if not given: {rates}; a tenth of it from pretrained weights")
    option("--weight-decay", type=number, default=0.0, metavar="X", help="for sgd")
    option(
        "--decay-every", **epochs, help="multiply the learning rate by --decay-factor after so many epochs"
    )
    option("--decay-factor", type=number, default=0.1, metavar="X", help="of --decay-every")
    option(
        "--cosine", action="store_true", help="let the learning rate fall to 0 along a cosine over --epochs"
    )
    bounds = ", ".join(f"{bound:g} for {name}" for name, bound in MAX_NORMS.items())
    option(
        "--max-norm",
        type=number,
        metavar="X",
        help="scale the weights into each unit of the layer dense1 back to this norm after every step, 0 for "
        f"never; if not given: {bounds}, never for others",
    )
    share(parser, "--shift", default=0)
    option("--augment", nargs="+", choices=AUGMENTATIONS, default=(), metavar="HOW", help=AUGMENT_HELP)
    option(
        "--validation",
        type=_share_or_test,
        metavar="SHARE",
        help="share of the training images to set aside, above 0 and below 1 (whole animations of rps); or "
        "test, to record the accuracy on the test images after every epoch",
    )
    option("--patience", **epochs, help="stop after so many epochs without a better validation loss")
    option(
        "--snapshots",
        type=at_least(1),
        nargs="+",
        default=SNAPSHOTS,
        metavar="EPOCH",
        help="epochs to keep the weights of",
    )
    option(
        "--watch",
        action="store_true",
        help="rewrite report.html in the run's folder after every epoch; the open page follows",
    )
    share(parser, "--seed")
    share(parser, "--workers")


def _share_or_test(text: str) -> float | Literal["test"]:
    if text == "test":
        return "test"
    share = number(text)
    if not 0 < share < 1:
        raise argparse.ArgumentTypeError(f"expected a share above 0 and below 1, or test, got {text!r}")
    return share


def run(options: argparse.Namespace) -> None:
    """Train, and print the accuracy on the test images and where the run is."""
    if options.patience is not None and options.validation is None:
        raise ValueError("--patience watches the validation loss, and needs --validation")
    if options.patience is not None and options.validation == "test":
        raise ValueError("--patience chooses an epoch, and test images can't both choose and test")
    rng = np.random.default_rng(options.seed)
    named = options.network in models.names() or is_own(options.network)
    is_new = named and options.weights is None
    loaded = load_network(options, untrained=is_new, rng=rng)
    network = loaded.network
    folder = options.folder or Path("runs") / network.name
    check_folder(folder)
    if not options.resume and is_run(folder):
        raise FileExistsError(
            f"{folder}: holds a training run already; --resume goes on with it, --run chooses another folder"
        )
    if options.watch:
        check_page(folder / "report.html")
    optimizer, schedule = _optimizer(options, is_new), _schedule(options)
    constraint = _constraint(options, network)
    dataset = read_data(Loaded(network), options.data, "train")
    network = _for_classes(network, dataset, options.data, rng, is_new)
    frozen = () if options.freeze is None else tuple(network[: options.freeze].layers)
    test = load_data(Loaded(network), options.test or options.data, "test")
    test.labels_for("--test")
    with naming_resume(folder, "the same command with --resume"):
        history = training.fit(
            network,
            dataset,
            optimizer,
            epochs=options.epochs,
            batch_size=options.batch_size,
            rng=rng,
            validation=test if options.validation == "test" else options.validation,
            schedule=schedule,
            augment=_augment(options),
            constraint=constraint,
            frozen=frozen,
            patience=options.patience,
            callbacks=_callbacks(options, folder, test, loaded),
            run=folder,
            resume=options.resume,
            workers=options.workers,
            progress=True,
        )
    accuracy, loss = training.evaluate(network, test, workers=options.workers)
    print(f"{test.name}: accuracy {accuracy:.2%}, cross-entropy {loss:.4f} on {len(test):,} images")
    if options.test is None and not has_test_set(options.data):
        print(f"{test.name} has no test images of its own: these are the training images")
    print(f"the run is in {folder}")
    say_if_it_failed(history, dataset)
    if options.watch:
        write_report(folder, network, test, folder / "report.html", workers=options.workers)


def _for_classes(
    network: Sequential, dataset: Dataset, data: str, rng: Generator, is_new: bool
) -> Sequential:
    """Give the network an output for each class of --data; a trained layer of other classes is not kept."""
    dataset.labels_for("train")
    check_takes(network, dataset)
    if network.classes is not None and set(network.classes) == set(dataset.classes):
        return network
    outputs, count = answer_shape(network, dataset.images.shape[1:]), len(dataset.classes)
    if not is_new or outputs != (count,):
        before = f" instead of {outputs[0]}" if outputs != (count,) else ""
        network = models.with_classes(network, count, rng)
        kind = "has" if is_new else "is new, with"
        words = f"{kind} {count} outputs{before}, one per class of {data}"
        print(f"{network.name}: the last layer {words}", flush=True)
    network.classes = dataset.classes
    return network


def say_if_it_failed(history: training.History, dataset: Dataset) -> None:
    """Warn on stderr if a network diverged or learned nothing, and say what helps."""
    advice = training.advise(history, dataset)
    if advice is not None:
        complain(advice)


@contextmanager
def naming_resume(folder: Path, command: str) -> Iterator[None]:
    """Add to errors what helps; at Ctrl-C, the command that resumes the run, if it has begun."""
    try:
        yield
    except KeyboardInterrupt as error:
        if is_run(folder):
            error.add_note(f"{command} goes on with the run in {folder}")
        raise
    except FloatingPointError as error:
        error.add_note("a smaller --learning-rate, or --optimizer adam, may keep it finite")
        raise


def _schedule(options: argparse.Namespace) -> Schedule | None:
    if options.cosine and options.decay_every is not None:
        raise ValueError("--cosine and --decay-every both set the learning rate; choose one of them")
    if options.cosine:
        return optimizers.CosineDecay(options.epochs)
    every = options.decay_every
    return None if every is None else optimizers.StepDecay(every, options.decay_factor)


def _constraint(options: argparse.Namespace, network: Sequential) -> Constraint | None:
    given = options.max_norm
    bound = MAX_NORMS.get(options.network, 0.0) if given is None else given
    if bound and "dense1" not in network.layers:
        raise ValueError(f"--max-norm bounds the layer dense1, which {options.network} has not")
    return optimizers.MaxNorm(bound, "dense1.weight") if bound else None


def _augment(options: argparse.Namespace) -> Augmentation | None:
    chosen = [AUGMENTATIONS[name] for name in options.augment]
    if options.shift:
        chosen.append(shift(options.shift))
    return compose(*chosen) if chosen else None


def _callbacks(options: argparse.Namespace, folder: Path, test: Dataset, loaded: Loaded) -> list[Callback]:
    snapshots = folder / "snapshots"

    def record(network: Sequential, history: Mapping[str, Sequence[float]]) -> None:
        record_data(folder, options.data)
        if loaded.start is not None:
            loaded.start.write(folder)

    called: list[Callback] = [
        record,
        callbacks.Snapshots(snapshots, options.snapshots),
        callbacks.print_epoch,
    ]
    if not options.watch:
        return called
    page = folder / "report.html"
    print(f"after the first epoch, open {page}", flush=True)
    return [
        *called,
        Watch(page, test, snapshots=snapshots, run=folder.resolve().name, workers=options.workers),
    ]


def _optimizer(options: argparse.Namespace, is_new: bool) -> optimizers.Optimizer:
    usual = LEARNING_RATES[options.optimizer] * (1 if is_new else GENTLER)
    rate = usual if options.learning_rate is None else options.learning_rate
    if options.optimizer == "sgd":
        return optimizers.SGD(rate, momentum=0.9, weight_decay=options.weight_decay)
    if options.weight_decay:
        raise ValueError(f"--weight-decay goes with --optimizer sgd, got {options.optimizer}")
    if options.optimizer == "adam":
        return optimizers.Adam(rate)
    return optimizers.RMSprop(rate) if options.optimizer == "rmsprop" else optimizers.Adadelta(rate)
