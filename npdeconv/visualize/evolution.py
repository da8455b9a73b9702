"""When did each feature map learn what it looks for?"""

import copy
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from npdeconv import weights
from npdeconv._checks import image_batch, name_list
from npdeconv._repr import brief
from npdeconv._types import Array, Rule
from npdeconv.anatomy import map_count
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers
from npdeconv.visualize.projection import Projection, Select, project
from npdeconv.visualize.strongest import find_strongest


@brief
class Evolution(NamedTuple):
    """Some maps of a layer (M of them) after some epochs (E of them).

    Attributes
    ----------
    epochs : int (E,)
    feature_maps : int (M,)
    image_indices : int (E, M), of the projected images; -1 where the map fires on none
    activations : (E, M), of the projected unit
    box : int (E, M, 4), the receptive field of that unit
    pixels : (E, M, H, W, C), the unit's projection, signed and unscaled; zeros where it is silent
    jumped : bool (E, M), the strongest image differs from that of the epoch before
    last_jump : int, the last epoch at which any of these maps jumped; 0 if none did

    Examples
    --------
    >>> digits, rng = nd.data.load_strokes(40), np.random.default_rng(0)
    >>> net, sgd = nd.models.deck_model3(rng=rng), nd.optimizers.SGD(0.01)
    >>> seen = nd.visualize.EvolutionRecorder(digits.images[:10], ["relu2"], feature_maps=[0, 1])
    >>> _ = nd.training.fit(net, digits, sgd, epochs=2, rng=rng, callbacks=[seen])
    >>> result = seen.result()["relu2"]
    >>> result.epochs.tolist(), result.pixels.shape
    ([1, 2], (2, 2, 28, 28, 1))
    """

    epochs: Array
    feature_maps: Array
    image_indices: Array
    activations: Array
    box: Array
    pixels: Array
    jumped: Array
    last_jump: int


class EvolutionRecorder:
    """Projects feature maps during training: a callback for `npdeconv.training.fit`.

    Parameters
    ----------
    images : (N, H, W, C)
        The images to search, or those that `image_index` refers to.
    layers : sequence of str
    feature_maps : sequence of int, optional
        The maps of each layer to follow, as far as the layer has them; all unless given. A number that
        no layer has is an IndexError, except in a `range`. Each map takes the memory of one image per epoch.
    image_index : int, optional
        Index of one image to project at all epochs. Unless given, each map shows its strongest image at
        that epoch, as in the paper's figure 4 (arXiv:1311.2901); a jump shows that another image has
        become the strongest.
    epochs : collection of int, optional
        The epochs to project after; all unless given.
    select, rule, workers
        As for `project`.

    Examples
    --------
    >>> digits, rng = nd.data.load_strokes(40), np.random.default_rng(0)
    >>> net, sgd = nd.models.deck_model3(rng=rng), nd.optimizers.SGD(0.01)
    >>> seen = nd.visualize.EvolutionRecorder(digits.images[:10], ["relu1"], feature_maps=[3])
    >>> _ = nd.training.fit(net, digits, sgd, epochs=2, rng=rng, callbacks=[seen])
    >>> seen.result()["relu1"].activations.shape
    (2, 1)
    """

    def __init__(
        self,
        images: Array,
        layers: Sequence[str],
        *,
        feature_maps: Sequence[int] | None = None,
        image_index: int | None = None,
        epochs: Collection[int] | None = None,
        select: Select = "strongest",
        rule: Rule = "deconv",
        workers: Workers = None,
    ) -> None:
        image_batch(images, "evolution")
        layers = name_list(layers, "evolution", "layers")
        if image_index is not None and not 0 <= image_index < len(images):
            raise IndexError(f"evolution: image_index must be from 0 to {len(images) - 1}, got {image_index}")
        self.images, self.layers = images, layers
        self.feature_maps, self.image_index = feature_maps, image_index
        self.epochs = None if epochs is None else frozenset(epochs)
        self.select, self.rule, self.workers = select, rule, workers
        self._seen: dict[str, list[tuple[int, Array, Array, Projection]]] = {name: [] for name in layers}

    def __call__(self, network: Sequential, history: Mapping[str, Sequence[float]]) -> None:
        """Project the followed maps after an epoch, if it was chosen."""
        epoch = len(history["loss"])
        if self.epochs is None or epoch in self.epochs:
            self.observe(network, epoch)

    def observe(self, network: Sequential, epoch: int) -> None:
        """Project the followed maps with the network's present parameters."""
        counts = {layer: map_count(network, layer, self.images.shape[1:]) for layer in self.layers}
        self._check_maps(max(counts.values(), default=0))
        best = None
        if self.image_index is None:
            best = find_strongest(network, self.images, self.layers, k=1, workers=self.workers)
        for layer in self.layers:
            maps = self._followed(counts[layer])
            if best is None:
                winners = np.full(len(maps), self.image_index)
            else:
                winners = best[layer].image_indices[maps, 0]
            shown = self.images[np.maximum(winners, 0)]  # a map that fires on none is silent on any image
            result = project(
                network, shown, layer, maps, select=self.select, rule=self.rule, workers=self.workers
            )
            self._seen[layer].append((epoch, maps, winners, result))

    def result(self) -> dict[str, Evolution]:
        """Return the projections so far, by layer; ValueError if there are none."""
        return {layer: _stack(layer, seen) for layer, seen in self._seen.items()}

    def _check_maps(self, largest: int) -> None:
        """Check that each chosen map exists in the layer that has most maps."""
        if self.feature_maps is None or isinstance(self.feature_maps, range):
            return
        wrong = [m for m in self.feature_maps if not 0 <= m < largest]
        if wrong:
            raise IndexError(f"evolution: the layers have the maps 0 to {largest - 1}, got {wrong[0]}")

    def _followed(self, count: int) -> Array:
        if self.feature_maps is None:
            return np.arange(count)
        return np.array([m for m in self.feature_maps if m < count], dtype=np.int64)


def find_snapshots(folder: str | Path) -> dict[int, Path]:
    """Return the files `epoch_NNNN.npz` that `npdeconv.callbacks.Snapshots` wrote, by epoch.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     nd.weights.save(nd.models.deck_model4(rng=np.random.default_rng(0)), f"{folder}/epoch_0003.npz")
    ...     list(nd.visualize.find_snapshots(folder))
    [3]
    """
    folder = Path(folder)
    found = {
        int(match[1]): path
        for path in folder.glob("epoch_*.npz")
        if (match := re.fullmatch(r"epoch_(\d+)\.npz", path.name))
    }
    if not found:
        raise FileNotFoundError(f"{folder}: expected snapshots named epoch_NNNN.npz, found none")
    return dict(sorted(found.items()))


def evolve(
    network: Sequential,
    images: Array,
    layers: Sequence[str],
    *,
    snapshots: Mapping[int, str | Path],
    feature_maps: Sequence[int] | None = None,
    image_index: int | None = None,
    select: Select = "strongest",
    rule: Rule = "deconv",
    workers: Workers = None,
) -> dict[str, Evolution]:
    """Project feature maps at several epochs of a training run.

    Parameters
    ----------
    network : Sequential
        A network with the run's layers; its own parameters are not changed.
    snapshots : mapping of int to path
        Weights by epoch, see `find_snapshots`.
    images, layers, feature_maps, image_index, select, rule, workers
        As for `EvolutionRecorder`.

    Returns
    -------
    dict of layer to Evolution

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> net, images = nd.models.deck_model3(rng=np.random.default_rng(0)), nd.data.load_strokes(10).images
    >>> with TemporaryDirectory() as folder:
    ...     snapshots = {epoch: f"{folder}/epoch_{epoch}.npz" for epoch in (1, 5)}
    ...     for path in snapshots.values():
    ...         nd.weights.save(net, path)
    ...     result = nd.visualize.evolve(net, images, ["relu1"], snapshots=snapshots, feature_maps=[0])
    >>> result["relu1"].epochs.tolist()
    [1, 5]
    """
    moving = copy.deepcopy(network)
    recorder = EvolutionRecorder(
        images,
        layers,
        feature_maps=feature_maps,
        image_index=image_index,
        select=select,
        rule=rule,
        workers=workers,
    )
    for epoch, path in snapshots.items():
        weights.load(moving, path)
        recorder.observe(moving, epoch)
    return recorder.result()


def _stack(layer: str, seen: Sequence[tuple[int, Array, Array, Projection]]) -> Evolution:
    if not seen:
        raise ValueError(f"evolution: expected at least one epoch of layer {layer!r}, got none")
    epochs, maps, rows, results = zip(*seen, strict=True)
    winners = np.stack(rows)
    jumped = np.zeros(winners.shape, bool)
    jumped[1:] = winners[1:] != winners[:-1]
    return Evolution(
        epochs=np.array(epochs),
        feature_maps=maps[0],
        image_indices=winners,
        activations=np.stack([result.activation for result in results]),
        box=np.stack([result.box for result in results]),
        pixels=np.stack([result.pixels for result in results]),
        jumped=jumped,
        last_jump=max((epoch for epoch, row in zip(epochs, jumped, strict=True) if row.any()), default=0),
    )
