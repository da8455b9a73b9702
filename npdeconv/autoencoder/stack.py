"""The machines stacked, unrolled into one network, and fine-tuned."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import DTypeLike

from npdeconv._checks import describe, positive_int, random_generator
from npdeconv._progress import progress_bar
from npdeconv._types import Array, Generator, Shape
from npdeconv.autoencoder.machine import RBM, LinearRBM
from npdeconv.data import as_input, batch_indices
from npdeconv.fast import Plan
from npdeconv.layers import Dense, Flatten, Layer, Sequential, Sigmoid
from npdeconv.losses import sigmoid_cross_entropy
from npdeconv.optimizers import Adam
from npdeconv.parallel import map_shards, pool, slices

SHARD = 256  # images that pass through the network at a time


class Autoencoder:
    """A network that gives back its input through a code of a few numbers.

    Parameters
    ----------
    input_shape : tuple of int
        Shape of one input: (H, W, C) of images, or (D,) of vectors.
    sizes : sequence of int
        Units of each hidden layer; the last is the code. (1000, 500, 250, 30) in the paper.
    rng : numpy.random.Generator
        Source of the initial weights.
    dtype : float32 or float64

    Attributes
    ----------
    network : Sequential
        The unrolled network, from images (N, H, W, C) or vectors (N, D) to pixels (N, D) from 0 to 1.
        The layers up1, up2, ... lead to "code", which is linear, and ... down2, down1 to "pixels", the
        logits below the last sigmoid. Analyses, gradient checks and `weights.save` take it as any other.

    Raises
    ------
    TypeError, ValueError
        If a size is no positive integer, or there is none.

    Examples
    --------
    >>> import npdeconv as nd
    >>> rng = np.random.default_rng(0)
    >>> digits = nd.data.load_strokes(200, seed=0).images
    >>> autoencoder = nd.autoencoder.Autoencoder((28, 28, 1), (64, 8), rng=rng)
    >>> losses = autoencoder.fit(digits, pretraining_epochs=1, epochs=2, rng=rng)
    >>> codes = autoencoder.encode(digits)
    >>> codes.shape, autoencoder.decode(codes).shape
    ((200, 8), (200, 28, 28, 1))
    """

    def __init__(
        self, input_shape: Shape, sizes: Sequence[int], *, rng: Generator, dtype: DTypeLike = np.float32
    ) -> None:
        self.input_shape = tuple(positive_int(size, "Autoencoder", "input_shape") for size in input_shape)
        self.sizes = tuple(positive_int(size, "Autoencoder", "sizes") for size in sizes)
        if not self.input_shape or not self.sizes:
            raise ValueError(
                f"Autoencoder: expected input_shape and sizes of at least one integer,"
                f" got {input_shape} and {sizes}"
            )
        inner = range(1, len(self.sizes))
        self._up = [*(f"up{n}" for n in inner), "code"]
        self._down = [*(f"down{n}" for n in reversed(inner)), "pixels"]
        self.network = Sequential(self._layers(rng, dtype), input_shape=self.input_shape, name="autoencoder")

    def _layers(self, rng: Generator, dtype: DTypeLike) -> Mapping[str, Layer]:
        """Return the dense layers, up and down, each but the code with a sigmoid behind it."""
        up = [int(np.prod(self.input_shape)), *self.sizes]
        widths = [*up, *up[-2::-1]]
        layers: dict[str, Layer] = {"flatten": Flatten()}
        for name, inputs, outputs in zip([*self._up, *self._down], widths[:-1], widths[1:], strict=True):
            layers[name] = Dense(inputs, outputs, rng=rng, dtype=dtype)
            if name != "code":
                layers[f"sigmoid_{name}"] = Sigmoid()
        return layers

    def fit(
        self,
        images: Array,
        *,
        pretraining_epochs: int = 5,
        epochs: int = 10,
        batch_size: int = 100,
        k: int = 1,
        rng: Generator,
        progress: bool = False,
    ) -> Array:
        """Pretrain every layer, then fine-tune the whole: `pretrain` and `fine_tune` in turn.

        Parameters
        ----------
        images : (N, H, W, C) or (N, D)
            uint8 pixels, or floats from 0 to 1.
        pretraining_epochs, epochs : int
            Passes over the images for each machine, and for fine-tuning.
        batch_size : int
        k : int
            Rounds of contrastive divergence, see `RBM.contrastive_divergence`.
        rng : numpy.random.Generator
            Source of the machines' weights, all draws, and the order of the images.
        progress : bool
            Whether to show a bar on stderr.

        Returns
        -------
        (epochs,)
            The losses of `fine_tune`.

        Raises
        ------
        TypeError, ValueError
            For images of another shape, or that are no pixels from 0 to 1.
        FloatingPointError
            If a machine or the network diverges.
        """
        passes = positive_int(epochs, "fit", "epochs")  # before the first machine, not after the last
        self.pretrain(
            images, epochs=pretraining_epochs, batch_size=batch_size, k=k, rng=rng, progress=progress
        )
        return self.fine_tune(images, epochs=passes, batch_size=batch_size, rng=rng, progress=progress)

    def pretrain(
        self,
        images: Array,
        *,
        epochs: int = 5,
        batch_size: int = 100,
        k: int = 1,
        rng: Generator,
        progress: bool = False,
    ) -> list[RBM]:
        """Train a machine per layer, each on the hidden units of the one below, and unroll them.

        Parameters
        ----------
        images, epochs, batch_size, k, rng, progress
            As for `fit`; `epochs` are those of each machine.

        Returns
        -------
        list of RBM
            The machines, whose parameters the network now has. The last one is a `LinearRBM`.
        """
        v, machines = self._vectors(images, "pretrain", least=1), list[RBM]()
        with pool(1):  # BLAS on one thread: the same bits on any number of processors
            for size in progress_bar(self.sizes, unit="machine", shown=progress):
                kind = RBM if len(machines) < len(self.sizes) - 1 else LinearRBM
                machine = kind(v.shape[1], size, rng=rng, dtype=v.dtype)
                machines.append(machine.fit(v, epochs=epochs, batch_size=batch_size, k=k, rng=rng))
                v = machine.hidden(v)
        self._unroll(machines)
        return machines

    def _unroll(self, machines: Sequence[RBM]) -> None:
        """Copy each machine to two layers; the way down has its weights transposed."""
        parameters = self.network.parameters
        for machine, up, down in zip(machines, self._up, reversed(self._down), strict=True):
            parameters[f"{up}.weight"][...] = machine.weight
            parameters[f"{up}.bias"][...] = machine.hidden_bias
            parameters[f"{down}.weight"][...] = machine.weight.T
            parameters[f"{down}.bias"][...] = machine.visible_bias

    def fine_tune(
        self,
        images: Array,
        *,
        epochs: int = 10,
        batch_size: int = 100,
        rng: Generator,
        progress: bool = False,
    ) -> Array:
        """Descend the gradient of the reconstruction's cross-entropy, by Adam.

        Cross-entropy takes pixels for probabilities, as the machines do. Its gradient at the logits is
        reconstruction minus pixel. That of the squared error also has the sigmoid's slope as a factor,
        and fades where the network is sure and wrong.

        Parameters
        ----------
        images, epochs, batch_size, rng, progress
            As for `fit`.

        Returns
        -------
        (epochs,)
            Mean loss of each epoch's batches: the cross-entropy of all pixels of an image, in nats.
            Gray pixels keep it above 0 even if the reconstruction is perfect.

        Notes
        -----
        The paper used conjugate gradients on batches of 1,000.
        """
        x = self._vectors(images, "fine_tune", least=1)
        losses = np.zeros(positive_int(epochs, "fine_tune", "epochs"))
        random_generator(rng, "fine_tune")
        optimizer, chain = Adam(), self.network[:"pixels"]
        with pool(1), np.errstate(over="ignore", invalid="ignore"):  # one error below replaces many warnings
            for epoch in progress_bar(range(len(losses)), unit="epoch", shown=progress):
                for batch in batch_indices(len(x), batch_size, rng):
                    plan = Plan(chain)
                    logits, tape = plan.forward(x[batch])
                    loss, dlogits = sigmoid_cross_entropy(logits, x[batch])
                    optimizer.update(chain.parameters, plan.backward(dlogits, tape))
                    losses[epoch] += loss * len(batch) / len(x)
                if not np.isfinite(losses[epoch]):
                    raise FloatingPointError(
                        f"fine_tune: expected a finite loss, got {losses[epoch]} in epoch {epoch + 1}"
                    )
        return losses

    def encode(self, images: Array) -> Array:
        """Return the codes (N, M) of images (N, H, W, C) or vectors (N, D)."""
        vectors = self._vectors(images, "encode")
        return map_shards(self.network[:"code"], vectors, cuts=slices(len(vectors), SHARD))

    def decode(self, codes: Array) -> Array:
        """Return the reconstructions of codes (N, M): pixels from 0 to 1, of the shape of the images."""
        if not isinstance(codes, np.ndarray) or codes.shape[1:] != self.sizes[-1:] or codes.dtype.kind != "f":
            raise ValueError(
                f"decode: expected floating codes of shape (N, {self.sizes[-1]}), got {describe(codes)}"
            )
        way_down = self.network[self._down[0] :]
        vectors = map_shards(way_down, codes.astype(self.network.dtype), cuts=slices(len(codes), SHARD))
        return vectors.reshape(len(codes), *self.input_shape)

    def _vectors(self, images: Array, who: str, least: int = 0) -> Array:
        """Return images as vectors of pixels (N, D), after checking them."""
        if not isinstance(images, np.ndarray) or images.shape[1:] != self.input_shape:
            letters = ", ".join(["N", *map(str, self.input_shape)])
            raise ValueError(f"{who}: expected images of shape ({letters}), got {describe(images)}")
        if len(images) < least:
            raise ValueError(f"{who}: expected images to learn from, got none")
        count, size = len(images), int(np.prod(self.input_shape))
        vectors = as_input(images.reshape(count, 1, 1, size), self.network.dtype).reshape(count, size)
        if count and not 0 <= vectors.min() <= vectors.max() <= 1:
            low, high = vectors.min(), vectors.max()
            raise ValueError(f"{who}: expected pixels from 0 to 1, got {low:.4g} to {high:.4g}")
        return vectors
