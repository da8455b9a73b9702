"""Run the analyses that the page shows, one after the other."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from npdeconv._checks import positive_int
from npdeconv._types import Array
from npdeconv.anatomy import shown_layers, summarize, two_classes
from npdeconv.data import Dataset
from npdeconv.finite import check_parameters
from npdeconv.inference import match, predict
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers
from npdeconv.report.classes import find_class_maps, find_wanted
from npdeconv.report.contents import Evolving, Example, LayerView, Report, Wrong
from npdeconv.report.downscaling import PICTURE_SIDE, maps_that_fit, shrink, shrink_patches
from npdeconv.report.filter_slices import find_filters
from npdeconv.report.made import find_made
from npdeconv.report.progress import Say, Steps
from npdeconv.report.scatter import find_scatter
from npdeconv.report.stages import some_of, stages_of
from npdeconv.report.verdicts import add_verdict
from npdeconv.report.whole_images import find_fields, find_scenes
from npdeconv.report.whole_maps import Select, find_whole, whole_size
from npdeconv.visualize import (
    Patches,
    Strongest,
    find_mistakes,
    find_patches,
    find_strongest,
    most_active,
    occlude,
)

PATCHES = 9  # as in the paper's figure 2 (arXiv:1311.2901)
MISTAKES = 8  # images
EXAMPLES = 6  # images that are occluded
OCCLUDER_STEPS = 17  # strides of the occluder along an image, at least


def collect(
    network: Sequential,
    dataset: Dataset,
    *,
    run: str = "",
    history: Mapping[str, Sequence[float]] | None = None,
    snapshots: Mapping[int, str | Path] | None = None,
    image_count: int = 2000,
    examples: int = EXAMPLES,
    verdict: bool = False,
    verdicts: Path | None = None,
    made: int = 0,
    whole: Select | None = None,
    workers: Workers = None,
    say: Say | None = None,
) -> Report:
    """Run every analysis that the page shows.

    Parameters
    ----------
    network : Sequential
        With its final weights.
    dataset : Dataset
        The images to search, preferably unseen in training. Without labels, the page shows predicted
        classes, and no mistakes.
    run : str
        Name of the run.
    history : mapping of column to values, optional
        See `npdeconv.training.History`.
    snapshots : mapping of int to path, optional
        Weights by epoch, see `npdeconv.visualize.find_snapshots`.
    image_count : int
        How many images of the data set to search, evenly spaced.
    examples : int
        How many images to occlude, one for each of as many classes; 0 for none.
    verdict : bool
        Say of each map's strongest projection how much of it comes without the unit, see
        `npdeconv.experiments.judge_projections`.
    verdicts : Path, optional
        The folder where their numbers are kept, and found again.
    made : int
        For how many of the most active maps of each layer to make an image that excites them most.
    whole : "strongest" or "map", optional
        Also project the strongest unit or all activations of a map over five whole images: of all maps
        shown if images are small, else of the most active ones of each layer.
    workers : int or executor, optional
        See `npdeconv.parallel.pool`; the result is the same for any number.
    say : callable, optional
        See `Say`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> conv, dense = nd.layers.Conv2D(1, 2, 5, stride=3, rng=rng), nd.layers.Dense(128, 10, rng=rng)
    >>> layers = {"conv": conv, "relu": nd.layers.ReLU(), "flatten": nd.layers.Flatten(), "logits": dense}
    >>> net, digits = nd.layers.Sequential(layers, input_shape=(28, 28, 1)), nd.data.load_strokes(20)
    >>> report = nd.report.collect(net, digits, examples=1)
    >>> [view.name for view in report.layers][:3], report.examples[0].result.label >= 0
    (['relu', 'logits'], True)
    """
    count = min(positive_int(image_count, "collect", "image_count"), len(dataset))
    dataset = match(network, dataset)  # before the long work
    network = two_classes(network)
    check_parameters(network, "collect")
    image_indices = np.arange(count) * len(dataset) // count
    searched = dataset[image_indices]
    named = searched.labels
    if named is None:
        named = predict(network, searched.images, workers=workers).argmax(axis=1)
    layers = shown_layers(network)
    chosen = some_of(dict(snapshots or {}))
    rest = (dataset.labels is not None) + examples + bool(examples)
    rest += len(layers) * (verdict + bool(made) + bool(whole))
    total = (len(chosen) + 1) * (1 + len(layers)) + rest
    steps = Steps(say, total)
    steps.next("searching")
    final = find_strongest(network, searched.images, layers, k=PATCHES, workers=workers)
    most = maps_that_fit(
        network, dataset.images.shape[1:], layers, patches=min(PATCHES, count), stages=len(chosen) + 1
    )
    maps = {layer: most_active(found, most) for layer, found in final.items()}
    stages: list[str] = []
    seen: dict[str, list[tuple[Strongest, Patches]]] = {layer: [] for layer in layers}
    for stage, moving in stages_of(network, chosen):
        stages.append(stage)
        every = final
        if moving is not network:
            steps.next(f"{stage}: searching")
            every = find_strongest(moving, searched.images, layers, k=1, workers=workers)
        for layer, found in every.items():
            steps.next(f"{stage}: {layer}")
            patches = find_patches(
                moving, searched.images, layer, found=found, feature_maps=maps[layer], workers=workers
            )
            seen[layer].append((found, shrink_patches(patches)))
    layer_views = tuple(
        _view(network, dataset, image_indices, named, layer, maps[layer], looks)
        for layer, looks in seen.items()
    )
    if verdict:
        layer_views = tuple(
            add_verdict(network, dataset.images, view=view, folder=verdicts, workers=workers)
            for view in steps.over(layer_views, "judging projections")
        )
    if made:
        layer_views = tuple(
            view._replace(
                made=find_made(
                    network,
                    view.name,
                    found=final[view.name],
                    maps=view.feature_maps,
                    k=made,
                    workers=workers,
                )
            )
            for view in steps.over(layer_views, "making images")
        )
    if whole:
        size = whole_size(network, dataset.images.shape[1:], layers)
        layer_views = tuple(
            view._replace(
                whole=find_whole(
                    network,
                    searched.images,
                    view.name,
                    found=final[view.name],
                    maps=view.feature_maps,
                    select=whole,
                    size=size,
                    workers=workers,
                )
            )
            for view in steps.over(layer_views, "projecting whole maps")
        )
    report = Report(
        run=run,
        network_name=network.name,
        dataset_name=dataset.name,
        classes=dataset.classes,
        labeled=dataset.labels is not None,
        searched=count,
        available=len(dataset),
        history=history or {},
        stages=tuple(stages),
        layers=layer_views,
        wrong=_find_wrong(network, searched, image_indices, workers, steps),
        examples=tuple(_occlude(network, searched, image_indices, named, examples, workers, steps)),
        scenes=find_scenes(dataset.images, (view.found.image_indices for view in layer_views)),
        scatter=find_scatter(network, searched, image_indices, named, workers),
    )
    return _add_classes(report, network, dataset, workers, steps) if examples else report


def _add_classes(
    report: Report, network: Sequential, dataset: Dataset, workers: Workers, steps: "Steps"
) -> Report:
    """Add the class maps of the examples, and images made for the classes."""
    steps.next("making images for the classes")
    image_indices = [example.image_index for example in report.examples]
    labels = np.array([example.result.label for example in report.examples], np.int64)
    return report._replace(
        class_maps=find_class_maps(
            network, dataset, image_indices=image_indices, labels=labels, workers=workers
        ),
        wanted=find_wanted(network, len(dataset.classes), labels, workers),
    )


def _view(
    network: Sequential,
    dataset: Dataset,
    image_indices: Array,
    named: Array,
    layer: str,
    maps: Array,
    looks: Sequence[tuple[Strongest, Patches]],
) -> LayerView:
    (row,) = (row for row in summarize(network, dataset.images.shape[1:]) if row.name == layer)
    every, patches = looks[-1]
    found = Strongest(*(array[maps] for array in every))
    labels = np.where(found.image_indices >= 0, named[found.image_indices], -1)
    found = found._replace(image_indices=_in_data_set(image_indices, found.image_indices))
    images = np.stack([_in_data_set(image_indices, look.image_indices[maps, 0]) for look, _ in looks])
    jumped = np.zeros(images.shape, bool)
    jumped[1:] = images[1:] != images[:-1]
    names_classes = layer == shown_layers(network)[-1] and row.output_shape == (len(dataset.classes),)
    return LayerView(
        name=layer,
        kind=row.kind,
        output_shape=row.output_shape,
        receptive_field=row.receptive_field,
        feature_maps=maps,
        total=len(every.firing),
        dead=int((every.firing == 0).sum()),
        classes=tuple(dataset.classes[m] for m in maps) if names_classes else (),
        filters=find_filters(network, layer, maps),
        found=found,
        labels=labels,
        fields=find_fields(network, layer, dataset.images.shape[1:], positions=found.positions),
        patches=patches,
        evolving=Evolving(
            image_indices=images,
            activations=np.stack([look.activations[maps, 0] for look, _ in looks]),
            projections=np.stack([crops.projections[:, 0] for _, crops in looks]),
            inside=np.stack([crops.inside[:, 0] for _, crops in looks]),
            jumped=jumped,
        ),
    )


def _in_data_set(image_indices: Array, found: Array) -> Array:
    """Turn indices among the searched images into those in the data set."""
    return np.where(found >= 0, image_indices[found], -1)


def _find_wrong(
    network: Sequential, searched: Dataset, image_indices: Array, workers: Workers, steps: Steps
) -> Wrong | None:
    """Find mistakes; None for images without labels."""
    if searched.labels is None:
        return None
    steps.next("looking for mistakes")
    result = find_mistakes(network, searched, k=MISTAKES, workers=workers)
    shrunk = result._replace(
        image_indices=image_indices[result.image_indices],
        misled_by=shrink(result.misled_by, PICTURE_SIDE),
        spoke_for_truth=shrink(result.spoke_for_truth, PICTURE_SIDE),
    )
    return Wrong(shrink(searched.images[result.image_indices], PICTURE_SIDE), shrunk)


def _occlude(
    network: Sequential,
    searched: Dataset,
    image_indices: Array,
    named: Array,
    count: int,
    workers: Workers,
    steps: Steps,
) -> Iterator[Example]:
    """Occlude, for some classes, the first image that the network assigns to its named class."""
    if not count:
        return
    right = predict(network, searched.images, workers=workers).argmax(axis=1) == named
    labels, first = np.unique(named[right], return_index=True)
    layer = shown_layers(network)[-1]
    stride = max(1, min(searched.images.shape[1:3]) // OCCLUDER_STEPS)
    for label, n in zip(labels[:count].tolist(), np.flatnonzero(right)[first], strict=False):
        steps.next(f"occluding an image taken for {searched.classes[label]}")
        image = searched.images[n]
        result = occlude(network, image, layer, label=label, stride=stride, feature_map=0, workers=workers)
        yield Example(int(image_indices[n]), image.shape[:2], shrink(image, PICTURE_SIDE), result)
