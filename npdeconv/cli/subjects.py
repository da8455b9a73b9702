"""Trained networks and the images they are shown, whose classes need not be those of the network."""

import argparse
from typing import Any, NamedTuple, get_args

from npdeconv.cli.options import (
    NAMED_SETS,
    PHOTOS,
    add_weights,
    load_network,
    read_data,
)
from npdeconv.cli.pretrained import Split, find_pretrained
from npdeconv.data import Dataset
from npdeconv.data.files import locate
from npdeconv.layers import Sequential


class Subject(NamedTuple):
    """A network that takes pixels."""

    network: Sequential
    trained_on: str | None  # what --data said then
    shorter_side: int | None  # what photos are scaled to before their center is cut out


def add_subject(parser: Any, *, split: bool = True) -> None:
    """Add the positional NETWORK, which may be a card, and what goes with it."""
    option = parser.add_argument
    option(
        "network",
        metavar="NETWORK",
        help="folder of a training run, card (.json) of a pretrained network, or a model with --weights",
    )
    add_weights(parser)
    option("--data", metavar="SET", help=f"{PHOTOS}, of whatever classes; the run's if not given")
    if split:
        option("--split", choices=get_args(Split), default="test", help="part of the data set")


def load_subject(options: argparse.Namespace) -> Subject:
    """Load the network."""
    pretrained = find_pretrained(options.network, options.weights)
    if pretrained is None:
        return Subject(*load_network(options), None)
    return Subject(pretrained.on_pixels(), None, pretrained.preprocessing.shorter_side)


def load_images(subject: Subject, data: str | None, split: Split) -> Dataset:
    """Load a data set at the size that the network takes."""
    name = data or subject.trained_on or "mnist"
    dataset = read_data(name, split, subject.network, subject.shorter_side)
    check_takes(subject.network, dataset)
    return dataset


def check_takes(network: Sequential, dataset: Dataset) -> None:
    """Check that a network takes a data set's images, of whatever classes."""
    shape = dataset.images.shape[1:]
    if network.input_shape not in (None, shape):
        raise ValueError(
            f"{network.name}: expected images of shape {network.input_shape}, {dataset.name} has {shape}"
        )


def has_test_set(data: str) -> bool:
    """Tell whether what --data says has test images of its own."""
    return data in NAMED_SETS or (locate(data) / "test").is_dir()
