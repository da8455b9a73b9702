"""A network trained from scratch on the same few images, for comparison with transfer."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from npdeconv._checks import positive_int
from npdeconv._types import Array, Generator, Shape
from npdeconv.data import Augmentation, Dataset
from npdeconv.finite import finite_answers, must_be_finite
from npdeconv.inference import class_logits, match
from npdeconv.layers import Conv2D, Dense, Flatten, Layer, MaxPool2D, ReLU, Sequential, Softmax
from npdeconv.optimizers import Adam, StepDecay
from npdeconv.parallel import Workers
from npdeconv.training import fit


@dataclass(frozen=True)
class Scratch:
    """How to train from scratch.

    Parameters
    ----------
    build : callable
        Called with a numpy.random.Generator for every training; returns a fresh network with an
        output for each class.
    images : uint8 array (N, H, W, C), optional
        The images of the experiment, in the same order and with a test set at the end, at the size of
        this network's input; the experiment's own unless given.
    steps : int
        Least number of Adam's updates, in whole epochs; the learning rate falls to a tenth after two
        thirds of them.
    batch_size : int
    learning_rate : float
    augment : callable, optional
        See `npdeconv.data.augment`.

    Examples
    --------
    >>> few = nd.experiments.Scratch(
    ...     lambda rng: nd.experiments.small_network((28, 28, 1), 10, rng), steps=4, batch_size=10
    ... )
    >>> few.train(nd.data.load_strokes(20), np.random.default_rng(0)).name
    'small'
    """

    build: Callable[[Generator], Sequential]
    images: Array | None = None
    steps: int = 300
    batch_size: int = 32
    learning_rate: float = 1e-3
    augment: Augmentation | None = None

    def dataset(self, shown: Dataset) -> Dataset:
        """Return the images of an experiment at the size of this network's input."""
        if self.images is None:
            return shown
        return Dataset(self.images, shown.labels, shown.classes, shown.name)

    def train(self, dataset: Dataset, rng: Generator, workers: Workers = None) -> Sequential:
        """Train a fresh network on some images."""
        network = self.build(rng)
        dataset = match(network, dataset)
        per_epoch = -(-len(dataset) // self.batch_size)
        epochs = -(-positive_int(self.steps, "Scratch", "steps") // per_epoch)
        fit(
            network,
            dataset,
            Adam(self.learning_rate),
            epochs=epochs,
            batch_size=self.batch_size,
            rng=rng,
            schedule=StepDecay(-(-2 * epochs // 3)),
            augment=self.augment,
            workers=workers,
        )
        return network


@finite_answers
def most_probable(network: Sequential, images: Array, *, workers: Workers = None) -> Array:
    """Return the most probable class of each image, int (N,)."""
    logits = np.concatenate(list(class_logits(network, images, workers=workers)))
    must_be_finite(logits)
    return logits.argmax(axis=1)


def small_network(input_shape: Shape, class_count: int, rng: Generator) -> Sequential:
    """Build a small network for a small set: conv 16, 32, 64, 64, each pooled by 2, dense 64, softmax.

    All convolutions are 3x3 "same"; a ReLU follows each, and the hidden dense layer. Images below
    16x16 are pooled less often.

    Examples
    --------
    >>> net = nd.experiments.small_network((12, 12, 1), 3, np.random.default_rng(0))
    >>> net.output_shape((12, 12, 1)), [name for name in net.layers if name.startswith("pool")]
    ((3,), ['pool1', 'pool2', 'pool3'])
    """
    layers: dict[str, Layer] = {}
    channels = input_shape[-1]
    for number, filters in enumerate((16, 32, 64, 64), 1):
        layers[f"conv{number}"] = Conv2D(channels, filters, 3, padding="same", rng=rng)
        layers[f"relu{number}"] = ReLU()
        if min(input_shape[:2]) >= 2**number:
            layers[f"pool{number}"] = MaxPool2D(2)
        channels = filters
    layers["flatten"] = Flatten()
    (inputs,) = Sequential(layers).output_shape(input_shape)
    layers["dense1"] = Dense(inputs, 64, rng=rng)
    layers["relu_dense1"] = ReLU()
    layers["logits"] = Dense(64, class_count, rng=rng)
    layers["softmax"] = Softmax()
    return Sequential(layers, input_shape=input_shape, name="small")
