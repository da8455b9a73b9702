"""Patches of the strongest images, and maps through the epochs of a run."""

import re

import numpy as np
import pytest

from npdeconv import callbacks, optimizers, plot, training, weights
from npdeconv.data import Dataset
from npdeconv.layers import Sequential
from npdeconv.visualize import (
    EvolutionRecorder,
    evolve,
    find_patches,
    find_snapshots,
    find_strongest,
    project,
)
from tests.cases import small_network
from tests.visualize.test_projection import CORNER, corner_finder, planted


def test_patches_are_what_the_units_see_with_padding_marked():
    net = small_network(float)
    images = np.random.default_rng(0).integers(1, 256, (12, 9, 11, 2), np.uint8)  # no pixel is 0
    found = find_strongest(net, images, ["relu2"], k=3)["relu2"]
    patches = find_patches(net, images, "relu2", found=found)
    for m, k in np.argwhere(found.image_indices >= 0):
        n = found.image_indices[m, k]
        result = project(net, images[n : n + 1], "relu2", int(m))
        top, bottom, left, right = result.box[0]
        rows, columns = np.arange(top, bottom), np.arange(left, right)
        if len(rows) > 9:
            rows = np.arange(9)
        if len(columns) > 11:
            columns = np.arange(11)
        for i, row in enumerate(rows):
            for j, column in enumerate(columns):
                inside = 0 <= row < 9 and 0 <= column < 11
                assert patches.inside[m, k, i, j] == inside
                expected = images[n, row, column] if inside else [0, 0]
                assert patches.pixels[m, k, i, j].tolist() == list(expected)
                if inside:
                    np.testing.assert_allclose(
                        patches.projections[m, k, i, j], result.pixels[0, row, column], atol=1e-12
                    )
    assert not patches.inside[found.image_indices < 0].any()


def test_the_patch_of_a_planted_feature_is_the_feature():
    images = np.concatenate([planted(2, 5), planted(9, 9), planted(0, 0)])
    found = find_strongest(corner_finder(), images, ["relu1"], k=4)["relu1"]
    patches = find_patches(corner_finder(), images, "relu1", found=found)
    for k in range(3):
        np.testing.assert_array_equal(patches.pixels[0, k, :, :, 0], 255 * (CORNER > 0))
        np.testing.assert_allclose(patches.projections[0, k, :, :, 0], 2 * CORNER)
    assert patches.inside[0, :3].all()
    assert not patches.inside[0, 3].any()
    assert not patches.inside[1].any()  # a dead map


def test_a_dense_unit_sees_the_whole_image():
    net, images = small_network(float), np.ones((2, 9, 11, 2), np.uint8)
    found = find_strongest(net, images, ["logits"], k=1)["logits"]
    assert find_patches(net, images, "logits", found=found).pixels.shape == (4, 1, 9, 11, 2)


def weights_at(epoch: int) -> Sequential:
    """A corner finder that first looks for the corner, then for its negative."""
    net = corner_finder()
    if epoch >= 3:
        net.parameters["conv1.weight"][..., 0] *= -1
        net.parameters["conv1.bias"][0] = -1
    return net


@pytest.fixture
def snapshots(tmp_path):
    for epoch in (1, 2, 3, 10):
        weights.save(weights_at(epoch), tmp_path / f"epoch_{epoch:04d}.npz")
    (tmp_path / "epoch_0004.npz.tmp").touch()
    (tmp_path / "epoch_x.npz").touch()
    return find_snapshots(tmp_path)


def two_images() -> np.ndarray:
    """One image with the corner, one with its negative, a square: each wins at some epochs."""
    square = np.zeros((1, 12, 12, 1), np.uint8)
    square[0, 7:9, 4:6] = 255
    return np.concatenate([planted(2, 5), square])


def test_the_winning_image_jumps_when_the_filter_turns(snapshots):
    assert list(snapshots) == [1, 2, 3, 10]
    net = corner_finder()
    result = evolve(net, two_images(), ["relu1"], snapshots=snapshots)["relu1"]
    assert result.epochs.tolist() == [1, 2, 3, 10]
    assert result.feature_maps.tolist() == [0, 1]
    assert result.image_indices[:, 1].tolist() == [-1] * 4  # a dead map wins nothing, and never jumps
    assert result.jumped[:, 1].tolist() == [False] * 4
    assert result.image_indices[:, 0].tolist() == [0, 0, 1, 1]
    assert result.jumped[:, 0].tolist() == [False, False, True, False]
    assert result.last_jump == 3
    for e, epoch in enumerate(result.epochs):
        alone = project(weights_at(epoch), two_images()[[result.image_indices[e, 0]]], "relu1", 0)
        np.testing.assert_array_equal(result.pixels[e, 0], alone.pixels[0])
        assert result.box[e, 0].tolist() == alone.box[0].tolist()
    assert net.parameters["conv1.bias"][0] == -3  # the caller's network is not changed


def test_one_fixed_image_never_jumps(snapshots):
    result = evolve(
        corner_finder(),
        two_images(),
        ["relu1", "pool1"],
        snapshots=snapshots,
        feature_maps=[0],
        image_index=0,
    )
    for layer in ("relu1", "pool1"):
        assert (result[layer].image_indices == 0).all()
        assert result[layer].last_jump == 0
        assert result[layer].pixels.shape == (4, 1, 12, 12, 1)


def test_recording_during_training_equals_the_snapshots(tmp_path):
    net, rng = small_network(np.float32), np.random.default_rng(0)
    images = rng.integers(0, 256, (24, 9, 11, 2), np.uint8)
    dataset = Dataset(images, rng.integers(0, 4, 24), ("a", "b", "c", "d"), "noise")
    recorder = EvolutionRecorder(images, ["relu1", "relu2"], feature_maps=[0, 2], epochs=[1, 3])
    training.fit(
        net,
        dataset,
        optimizers.SGD(0.05),
        epochs=3,
        batch_size=8,
        rng=rng,
        progress=False,
        callbacks=[recorder, callbacks.Snapshots(tmp_path, [1, 3])],
    )
    later = evolve(net, images, ["relu1", "relu2"], snapshots=find_snapshots(tmp_path), feature_maps=[0, 2])
    for layer, seen in recorder.result().items():
        for left, right in zip(seen, later[layer], strict=True):
            np.testing.assert_array_equal(left, right)


def test_bad_requests(tmp_path, snapshots):
    with pytest.raises(FileNotFoundError, match=r"expected snapshots named epoch_NNNN\.npz, found none"):
        find_snapshots(tmp_path / "nothing")
    with pytest.raises(IndexError, match="image_index must be from 0 to 1, got 2"):
        evolve(corner_finder(), two_images(), ["relu1"], snapshots=snapshots, image_index=2)
    for wrong in (2, -1):
        with pytest.raises(IndexError, match=f"^evolution: the layers have the maps 0 to 1, got {wrong}$"):
            evolve(corner_finder(), two_images(), ["relu1"], snapshots=snapshots, feature_maps=[0, wrong])
    followed = evolve(corner_finder(), two_images(), ["relu1"], snapshots=snapshots, feature_maps=range(8))
    assert followed["relu1"].feature_maps.tolist() == [0, 1]
    with pytest.raises(TypeError, match=r"^evolution: layers must be a list of names, got 'relu1'$"):
        evolve(corner_finder(), two_images(), "relu1", snapshots=snapshots)
    with pytest.raises(ValueError, match="expected at least one epoch of layer 'relu1', got none"):
        evolve(corner_finder(), two_images(), ["relu1"], snapshots={})
    with pytest.raises(ValueError, match=re.escape("also holds conv1.bias")):
        weights.load(corner_finder()["pool1":], snapshots[1])


def test_montage_lays_out_rows_on_paper():
    sheet = plot.montage(np.zeros((3, 2, 2, 1)), columns=2, gap=1)
    assert sheet.shape == (5, 5, 1)
    paper = (sheet > 0)[..., 0]
    assert paper[2].all()
    assert paper[:, 2].all()
    assert paper[3:, 3:].all()
    assert paper.sum() == 25 - 12


def test_figures_have_titles_and_labels(snapshots):
    found = find_strongest(corner_finder(), two_images(), ["relu1"], k=2)["relu1"]
    patches = find_patches(corner_finder(), two_images(), "relu1", found=found)
    ax = plot.strongest(patches, found, feature_maps=[0, 1], title="relu1")
    assert ax.get_title() == (
        "relu1\npatches on the left, their projections on the right:\n"
        "mid-gray is zero, white plus and black minus the number after ±"
    )
    texts = [text.get_text() for text in ax.texts]
    assert re.fullmatch(r"map 0: fires on \d+%, ±[\d.e+]+", texts[0])
    assert texts[1] == "map 1: dead"
    with pytest.raises(ValueError, match="expected at least one map that fires"):
        plot.strongest(patches, found, feature_maps=[])
    result = evolve(corner_finder(), two_images(), ["relu1"], snapshots=snapshots)["relu1"]
    ax = plot.evolution(result, title="relu1")
    epochs, dead, note = (
        ["epoch 1", "2", "3", "10"],
        ["silent"] * 4,
        "each row has one scale: mid-gray is zero, white plus and black minus the number after ±\n"
        "framed: another image than at the epoch before",
    )
    maps = [f"map {m}\n±{np.abs(result.pixels[:, m]).max():.2g}" for m in range(2)]
    assert [text.get_text() for text in ax.texts] == [*epochs, *maps, *dead, note]
    assert len(ax.patches) == result.jumped.sum() > 0
    assert not any(frame.get_clip_on() for frame in ax.patches)
    assert ax.get_title() == "relu1"
    still = plot.evolution(result._replace(jumped=result.jumped & False))
    assert not still.patches
    assert "framed" not in "".join(text.get_text() for text in still.texts)


def test_labels_of_an_evolution_lie_apart_and_inside_the_figure(snapshots):
    result = evolve(corner_finder(), two_images(), ["relu1"], snapshots=snapshots)["relu1"]
    ax = plot.evolution(result, title="relu1")
    ax.figure.canvas.draw()
    title, epoch = ax.title.get_window_extent(), ax.texts[0].get_window_extent()
    assert title.y0 >= epoch.y1
    whole = ax.figure.bbox
    for artist in (ax.title, *ax.texts, *ax.patches):
        extent = artist.get_window_extent()
        assert whole.x0 <= extent.x0 <= extent.x1 <= whole.x1
        assert whole.y0 <= extent.y0 <= extent.y1 <= whole.y1


def test_projections_of_an_evolution_are_cropped_to_their_boxes(snapshots):
    result = evolve(corner_finder(), two_images(), ["relu1"], snapshots=snapshots, feature_maps=[0])["relu1"]
    boxes = np.array([[[2, 5, 5, 8]], [[-1, 2, 5, 8]], [[10, 13, 11, 14]], [[9, 12, 0, 3]]])
    pixels = np.random.default_rng(0).normal(size=result.pixels.shape)
    sheet = plot.evolution(result._replace(box=boxes, pixels=pixels)).images[0].get_array()
    shown = 0.5 + pixels[:, 0, :, :, 0] / (2 * np.abs(pixels).max())  # 12x12
    assert sheet.shape == (3, 4 * 3 + 3)
    for e, (top, left) in enumerate([(2, 5), (0, 5), (9, 9), (9, 0)]):  # two are moved into the image
        np.testing.assert_allclose(sheet[:, 4 * e : 4 * e + 3], shown[e, top : top + 3, left : left + 3])
    everything = plot.evolution(result._replace(box=boxes * 0 + [-9, 99, -9, 99], pixels=pixels))
    assert everything.images[0].get_array().shape == (12, 4 * 12 + 3)
