"""The steps of training: batch, gradients of its shards, update."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from npdeconv._checks import describe, name_list, positive_int
from npdeconv._types import Array, Generator
from npdeconv.anatomy import below_softmax
from npdeconv.data import Augmentation, Dataset, as_input, batch_indices
from npdeconv.fast import Plan
from npdeconv.inference import match
from npdeconv.layers import Sequential
from npdeconv.losses import softmax_cross_entropy
from npdeconv.optimizers import Optimizer
from npdeconv.parallel import OrderedMap, Workers, pool, shards
from npdeconv.training.divergence import explain_divergence

Constraint: TypeAlias = Callable[[Mapping[str, Array]], None]
"""Changes parameters in place after each step, like `npdeconv.optimizers.FilterRenormalization`."""


@dataclass(frozen=True, slots=True)
class Step:
    """The result of one step.

    Examples
    --------
    >>> step = nd.training.Step(epoch=1, index=0, steps=8, loss=2.3, correct=24, count=32)
    >>> step.correct / step.count
    0.75
    """

    epoch: int  # from 1
    index: int  # within the epoch, from 1
    steps: int  # per epoch
    loss: float  # mean over the batch, before the update
    correct: int  # images with the largest logit at the label
    count: int  # images in the batch


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """The place that a training run has reached."""

    epoch: int = 1
    index: int = 0  # finished steps of this epoch


def train(
    network: Sequential,
    dataset: Dataset,
    optimizer: Optimizer,
    *,
    epochs: int,
    batch_size: int,
    rng: Generator,
    augment: Augmentation | None = None,
    constraint: Constraint | None = None,
    frozen: Sequence[str] = (),
    workers: Workers = None,
) -> Iterator[Step]:
    """Train a network, and yield a `Step` after each update.

    Between two steps, the caller may look at the network, change `optimizer.learning_rate`, or stop.

    Parameters
    ----------
    network : Sequential
        Its parameters and class names are changed in place. A trailing `Softmax` is trained through
        the fused loss `softmax_cross_entropy`.
    dataset : Dataset
    optimizer : Optimizer
    epochs, batch_size : int
    rng : numpy.random.Generator
        Source of the order of images, of augmentation and of dropout.
    augment : callable, optional
        Varies each batch, see `npdeconv.data.augment`; returns one image for each given image.
    constraint : callable, optional
        Called with the parameters that training changes, after each update.
    frozen : sequence of str
        Layers whose parameters stay as they are.
    workers : int or executor, optional
        See `npdeconv.parallel.pool`; the result is the same for any number.

    Raises
    ------
    KeyError
        If the network has no layer of a name in `frozen`.
    ValueError
        If the data set has no labels, or does not fit the network, see `npdeconv.inference.match`;
        if `augment` does not return one uint8 image for each given image; if all layers are frozen.
    FloatingPointError
        If the loss becomes NaN or infinite; the message names the epoch, the step and the layer.

    Examples
    --------
    >>> digits, rng = nd.data.load_strokes(64), np.random.default_rng(0)
    >>> net, sgd = nd.models.deck_model3(rng=rng), nd.optimizers.SGD(0.01)
    >>> for step in nd.training.train(net, digits, sgd, epochs=1, batch_size=32, rng=rng):
    ...     print(step.epoch, step.index, step.steps, step.count)
    1 1 2 32
    1 2 2 32
    """
    batch_size, epochs = (
        positive_int(batch_size, "train", "batch_size"),
        positive_int(epochs, "train", "epochs"),
    )
    dataset = match(network, dataset)
    dataset.labels_for("train")
    network.classes = dataset.classes
    job = Job(network, dataset, optimizer, batch_size, augment, constraint, live(network, frozen))
    return job.run(epochs, new_seed(rng), Place(), workers)


def live(network: Sequential, frozen: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the parameters outside of frozen layers."""
    for layer in name_list(frozen, "train", "frozen"):
        _ = network[layer]  # raises a KeyError that lists the layers
    still = tuple(f"{layer}." for layer in frozen)
    names = tuple(name for name in network.parameters if not name.startswith(still))
    if not names:
        raise ValueError(f"{network.name}: expected a layer with parameters that is not frozen, all are")
    return names


def new_seed(rng: Generator) -> int:
    """Draw the seed from which all randomness of a run follows."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"train: rng must be a numpy.random.Generator, got {describe(rng)}")
    return int(rng.integers(2**63))


def generator(seed: int, *key: int) -> Generator:
    """Return the generator for a place in a run, such as (epoch,) or (epoch, step, shard).

    Each place has its own generator, so a run can continue from any place, and shards may be
    computed in any order.
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


class Job(NamedTuple):
    """Everything that a run needs except its place."""

    network: Sequential
    dataset: Dataset
    optimizer: Optimizer
    batch_size: int
    augment: Augmentation | None
    constraint: Constraint | None
    live: tuple[str, ...]
    """The names of the parameters to train."""

    def run(self, epochs: int, seed: int, start: Place, workers: Workers) -> Iterator[Step]:
        """Yield the steps after a place."""
        chain = below_softmax(self.network)
        steps = -(-len(self.dataset) // self.batch_size)
        self.optimizer.prepare(chain.parameters)  # of frozen layers, too: checkpoints have all
        with pool(workers) as parallel_map:
            for epoch in range(start.epoch, epochs + 1):
                batches = batch_indices(len(self.dataset), self.batch_size, generator(seed, epoch))
                for index, chosen in enumerate(batches, 1):
                    place = Place(epoch, index)
                    if place <= start:
                        continue
                    loss, correct = self._step(chain, chosen, seed, place, parallel_map)
                    yield Step(epoch, index, steps, loss, correct, len(chosen))

    def _step(
        self, chain: Sequential, chosen: Array, seed: int, place: Place, parallel_map: OrderedMap
    ) -> tuple[float, int]:
        images, labels = self.dataset.images[chosen], self.dataset.labels_for("train")[chosen]
        if self.augment is not None:
            images = _augmented(images, self.augment, generator(seed, place.epoch, place.index))
        work = [
            _Shard(images[cut], labels[cut], len(chosen), seed, (place.epoch, place.index, number))
            for number, cut in enumerate(shards(images), 1)
        ]
        loss, correct, total = 0.0, 0, dict[str, Array]()
        for part in parallel_map(partial(_gradients, Plan(chain), self.live, chain.dtype), work):
            loss, correct = loss + part.loss, correct + part.correct
            for name, gradient in part.gradients.items():
                if name in total:
                    total[name] += gradient
                else:
                    total[name] = gradient
        if not np.isfinite(loss):
            passes = (shard.forward_arguments(chain.dtype) for shard in work)
            raise explain_divergence(chain, passes, loss, place.epoch, place.index)
        parameters = chain.parameters
        trained = {name: parameters[name] for name in self.live}
        with np.errstate(over="ignore", invalid="ignore"):  # the next loss will show it
            self.optimizer.update(trained, total)
        if self.constraint is not None:
            self.constraint(trained)
        return loss, correct


def _augmented(images: Array, augment: Augmentation, rng: Generator) -> Array:
    """Vary a batch, and check that there is still one image of pixels per label."""
    varied: Any = augment(images, rng)
    is_batch = isinstance(varied, np.ndarray) and varied.ndim == 4 and varied.dtype == images.dtype
    if not is_batch or len(varied) != len(images):
        raise ValueError(
            f"train: expected augment to return {len(images)} {images.dtype} images (N, H, W, C), as many as"
            f" it was given, got {describe(varied)}"
        )
    return np.asarray(varied)


class _Shard(NamedTuple):
    images: Array
    labels: Array
    batch_size: int
    seed: int
    key: tuple[int, ...]

    def forward_arguments(self, dtype: np.dtype[Any]) -> tuple[Array, Generator]:
        return as_input(self.images, dtype), generator(self.seed, *self.key)


class _ShardResult(NamedTuple):
    loss: float  # this shard's part of the batch's mean
    correct: int
    gradients: Mapping[str, Array]


def _gradients(plan: Plan, live: Sequence[str], dtype: np.dtype[Any], shard: _Shard) -> _ShardResult:
    x, rng = shard.forward_arguments(dtype)
    share = len(x) / shard.batch_size
    # A diverging network overflows: one error about the loss replaces a warning per operation.
    with np.errstate(over="ignore", invalid="ignore"):
        logits, tape = plan.forward(x, rng=rng)
        loss, dlogits = softmax_cross_entropy(logits, shard.labels)
        gradients = plan.backward(dlogits * dlogits.dtype.type(share), tape, live)
    correct = int((logits.argmax(axis=1) == shard.labels).sum())
    return _ShardResult(loss * share, correct, gradients)
