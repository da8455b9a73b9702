"""Features, neighbors, PCA and t-SNE: against loops, by hand, and with planted truths."""

import sys

import numpy as np
import pytest

from npdeconv.data import as_input
from npdeconv.visualize import (
    Neighbors,
    embed,
    embed_tsne,
    label_agreement,
    layer_features,
    nearest_neighbors,
    pca,
)
from npdeconv.visualize.features import average_maps
from tests.tiny import tiny_dataset, tiny_network


def clusters(per_class=20, classes=3, dimensions=10, seed=0):
    """Return vectors around far-apart centers, and the number of each vector's center."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(np.arange(classes), per_class))
    centers = 100 * np.eye(dimensions)[:classes]
    return centers[labels] + rng.standard_normal((len(labels), dimensions)), labels


@pytest.mark.parametrize("workers", [1, 2])
def test_features_are_the_outputs_of_the_chain_image_by_image(workers):
    network, images = tiny_network(), tiny_dataset(37).images
    found = layer_features(network, images, ["logits", "pool1"], workers=workers)
    assert list(found) == ["logits", "pool1"]
    assert found["pool1"].shape == (37, 4 * 4 * 4)
    for name, rows in found.items():
        for n in (0, 16, 36):
            expected = network[:name](as_input(images[n : n + 1])).ravel()
            np.testing.assert_allclose(rows[n], expected, rtol=1e-5, atol=1e-6)


def test_maps_are_averaged_over_the_finest_grid_within_the_limit():
    maps = np.arange(2 * 5 * 4 * 3, dtype=np.float64).reshape(2, 5, 4, 3)
    np.testing.assert_array_equal(average_maps(maps), maps.reshape(2, 60))
    np.testing.assert_array_equal(average_maps(maps, 60), maps.reshape(2, 60))
    np.testing.assert_allclose(average_maps(maps, 3), maps.mean(axis=(1, 2)))
    np.testing.assert_allclose(average_maps(maps, 1), maps.mean(axis=(1, 2)))  # one of each map, at least
    cells = average_maps(maps, 27).reshape(2, 3, 3, 3)
    for i, rows in enumerate([slice(0, 1), slice(1, 3), slice(3, 5)]):
        for j, columns in enumerate([slice(0, 1), slice(1, 2), slice(2, 4)]):
            np.testing.assert_allclose(cells[:, i, j], maps[:, rows, columns].mean(axis=(1, 2)))
    assert average_maps(maps, 59).shape == (2, 4 * 4 * 3)


def test_features_refuse_bad_arguments(monkeypatch):
    network, images = tiny_network(), tiny_dataset(3).images
    with pytest.raises(KeyError, match="no layer 'conv9'"):
        layer_features(network, images, ["relu1", "conv9"])
    with pytest.raises(TypeError, match=r"layer_features: layers must be a list of names, got 'relu1'"):
        layer_features(network, images, "relu1")
    for some, names in ((images[:0], ["relu1"]), (images, [])):
        with pytest.raises(ValueError, match=r"layer_features: expected at least one image and one layer"):
            layer_features(network, some, names)
    with pytest.raises(
        TypeError, match=r"layer_features: expected images of shape \(N, H, W, C\), got 'cat'"
    ):
        layer_features(network, "cat", ["relu1"])
    with pytest.raises(ValueError, match=r"layer_features: limit must be at least 1, got 0"):
        layer_features(network, images, ["relu1"], limit=0)
    monkeypatch.setattr("npdeconv.visualize.features.LARGEST", 3000)
    message = r"expected at most 0\.0 GB, got 0\.0 GB for 3 images in relu1; set a limit"
    with pytest.raises(ValueError, match=message):
        layer_features(network, images, ["relu1"])
    assert layer_features(network, images, ["relu1"], limit=200)["relu1"].shape == (3, 7 * 7 * 4)


@pytest.mark.parametrize("shape", [(40, 7), (300, 3), (33, 5, 4, 3), (20, 1500)])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_loop_finds_the_same_neighbors(shape, workers):
    rng = np.random.default_rng(len(shape))
    vectors = (rng.standard_normal(shape) + 1000).astype(np.float32)
    result = nearest_neighbors(vectors, 4, workers=workers)
    flat = vectors.reshape(len(vectors), -1).astype(np.float64)
    for n, row in enumerate(flat):
        distances = np.sqrt(((flat - row) ** 2).sum(axis=1))
        order = [m for m in np.argsort(distances, kind="stable") if m != n][:4]
        assert result.image_indices[n].tolist() == order
        np.testing.assert_allclose(result.distances[n], distances[order], rtol=1e-7)


def test_neighbors_of_some_and_of_copies():
    line = np.array([[0], [1], [1], [3], [7]], np.uint8)
    result = nearest_neighbors(line, 3, queries=[4, 1])
    assert result.queries.tolist() == [4, 1]
    assert result.image_indices.tolist() == [[3, 1, 2], [2, 0, 3]]
    np.testing.assert_allclose(result.distances, [[4, 6, 6], [0, 1, 2]], atol=1e-7)
    same = nearest_neighbors(np.ones((4, 2)), 2)
    assert same.image_indices.tolist() == [[1, 2], [0, 2], [0, 1], [0, 1]]
    assert nearest_neighbors(line, 3, queries=np.empty(0, int)).image_indices.shape == (0, 3)


def test_the_same_bits_for_any_number_of_workers():
    vectors = np.random.default_rng(0).standard_normal((400, 30))
    one, two = (nearest_neighbors(vectors, 5, workers=workers) for workers in (1, 2))
    for name, array in one._asdict().items():
        assert array.tobytes() == getattr(two, name).tobytes()


def test_agreement_by_hand():
    labels = np.array([0, 0, 1, 1, 1])
    found = Neighbors(np.array([0, 2, 3]), np.array([[1, 2, 3], [3, 0, 1], [0, 2, 4]]), np.ones((3, 3)))
    result = label_agreement(found, labels)  # neighbors' labels: 0 1 1 for 0, 1 0 0 for 1, 0 1 1 for 1
    np.testing.assert_allclose(result.by_rank, [2 / 3, 1 / 3, 1 / 3])
    assert result.vote == pytest.approx(1 / 3)
    np.testing.assert_allclose(result.by_class, [1 / 3, (1 / 3 + 2 / 3) / 2])
    assert result.chance == pytest.approx((1 / 4 + 2 / 4 + 2 / 4) / 3)
    tie = Neighbors(np.array([0]), np.array([[2, 1]]), np.ones((1, 2)))
    assert label_agreement(tie, labels).vote == 0  # one vote each: the nearest is of class 1
    assert np.isnan(label_agreement(tie, labels).by_class[1])


def test_neighbors_of_planted_clusters_share_their_label_and_random_labels_are_shared_by_chance():
    vectors, labels = clusters()
    found = nearest_neighbors(vectors, 10)
    result = label_agreement(found, labels)
    assert result.by_rank.tolist() == [1] * 10
    assert result.vote == 1
    assert result.chance == pytest.approx(19 / 59)
    drawn = np.random.default_rng(1).integers(0, 2, 60)
    assert abs(label_agreement(found, drawn).by_rank.mean() - label_agreement(found, drawn).chance) < 0.1


@pytest.mark.parametrize(("count", "tsne"), [(1, False), (2, False), (2, True), (3, True)])
def test_too_few_images_are_refused_for_the_method_that_needs_more(count, tsne):
    needed = "3 images for a plane" if count < 3 else "4 images for t-SNE"
    message = f"^embed: expected at least {needed}, got {count}$"
    with pytest.raises(ValueError, match=message):
        embed(tiny_network(), tiny_dataset(3).images[:count], k=1, tsne=tsne)


def test_neighbors_refuse_bad_arguments():
    vectors = np.zeros((4, 2))
    with pytest.raises(ValueError, match="expected more than 4 vectors to find 4 neighbors, got 4"):
        nearest_neighbors(vectors, 4)
    with pytest.raises(IndexError, match="nearest_neighbors: there are the vectors 0 to 3, got 4"):
        nearest_neighbors(vectors, 1, queries=[0, 4])
    with pytest.raises(TypeError, match=r"nearest_neighbors: queries must be integers, got \[0\.5\]"):
        nearest_neighbors(vectors, 1, queries=[0.5])
    with pytest.raises(TypeError, match=r"nearest_neighbors: expected numbers of shape .*, got 'cat'"):
        nearest_neighbors("cat", 1)
    with pytest.raises(ValueError, match="nearest_neighbors: expected finite features, got NaN or infinity"):
        nearest_neighbors(np.array([[np.nan], [1]]), 1)
    with pytest.raises(ValueError, match="nearest_neighbors: expected at least one vector"):
        nearest_neighbors(np.zeros((0, 2)), 1)
    found = nearest_neighbors(vectors, 1)
    with pytest.raises(ValueError, match="label_agreement: expected labels of at least 4 vectors, got 3"):
        label_agreement(found, np.zeros(3, int))
    with pytest.raises(TypeError, match=r"label_agreement: expected integer labels of shape \(N,\)"):
        label_agreement(found, np.zeros(4))
    with pytest.raises(ValueError, match="label_agreement: expected the neighbors of at least one vector"):
        label_agreement(nearest_neighbors(vectors, 1, queries=np.empty(0, int)), np.zeros(4, int))


def test_components_of_a_planted_plane():
    rng = np.random.default_rng(0)
    axes = np.linalg.qr(rng.standard_normal((6, 2)))[0].T
    coordinates = rng.standard_normal((50, 2)) * [5, 1]
    vectors = coordinates @ axes + 3
    result = pca(vectors)
    assert result.explained.sum() == pytest.approx(1)
    assert result.explained[0] > 0.9
    np.testing.assert_allclose(result.points @ result.directions + result.mean, vectors, atol=1e-10)
    values, eigenvectors = np.linalg.eigh(np.cov(vectors.T))  # an independent computation
    np.testing.assert_allclose(result.explained, values[:-3:-1] / values.sum(), rtol=1e-9)
    np.testing.assert_allclose(np.abs(result.directions @ eigenvectors[:, :-3:-1]), np.eye(2), atol=1e-9)


def test_signs_of_components_do_not_depend_on_what_the_decomposition_gives(monkeypatch):
    vectors = np.random.default_rng(0).standard_normal((20, 5))
    first = pca(vectors, 3)
    svd = np.linalg.svd
    flipped = lambda a, full_matrices: tuple(  # noqa: E731
        sign * part for sign, part in zip((-1, 1, -1), svd(a, full_matrices=full_matrices), strict=True)
    )
    monkeypatch.setattr(np.linalg, "svd", flipped)
    second = pca(vectors, 3)
    np.testing.assert_array_equal(first.points, second.points)
    for direction in first.directions:
        assert direction[np.abs(direction).argmax()] > 0


def test_components_of_equal_vectors_explain_nothing():
    result = pca(np.ones((5, 3)))
    assert result.explained.tolist() == [0, 0]
    np.testing.assert_allclose(result.points, 0)
    with pytest.raises(ValueError, match=r"pca: expected at most 2 components of an array .*, got 3"):
        pca(np.ones((5, 2)), 3)
    with pytest.raises(ValueError, match="pca: components must be at least 1, got 0"):
        pca(np.ones((5, 2)), 0)


def test_tsne_keeps_planted_clusters_apart_and_is_the_same_each_time():
    pytest.importorskip("sklearn")
    vectors, labels = clusters()
    points = embed_tsne(vectors, perplexity=10)
    assert points.shape == (60, 2)
    assert label_agreement(nearest_neighbors(points, 5), labels).by_rank.min() == 1
    assert embed_tsne(vectors, perplexity=10).tobytes() == points.tobytes()
    assert np.isfinite(embed_tsne(np.ones((9, 1)), perplexity=2)).all()


def test_tsne_names_its_requirements(monkeypatch):
    with pytest.raises(ValueError, match="expected a perplexity from 1 to below the 3 vectors, got 3"):
        embed_tsne(np.ones((3, 2)), perplexity=3)
    monkeypatch.setitem(sys.modules, "sklearn.manifold", None)
    message = r"^t-SNE needs scikit-learn, which is not installed: pip install 'npdeconv\[embedding\]'$"
    with pytest.raises(ImportError, match=message):
        embed_tsne(np.ones((5, 2)), perplexity=2)


def test_embed_combines_all_results():
    network, images = tiny_network(), tiny_dataset(30).images
    result = embed(network, images, k=3)
    assert result.layer == "relu2"
    assert result.tsne is None
    np.testing.assert_array_equal(result.features, layer_features(network, images, ["relu2"])["relu2"])
    np.testing.assert_array_equal(result.pca.points, pca(result.features).points)
    np.testing.assert_array_equal(
        result.pixel_neighbors.image_indices, nearest_neighbors(images.astype(float), 3).image_indices
    )
    small = embed(network, images, "relu1", k=3, limit=16)
    assert small.features.shape == (30, 16)
    expected = nearest_neighbors(images.reshape(30, 4, 2, 4, 2).mean(axis=(2, 4)), 3)
    np.testing.assert_array_equal(small.pixel_neighbors.image_indices, expected.image_indices)


def test_embed_by_tsne_of_few_images():
    pytest.importorskip("sklearn")
    result = embed(tiny_network(), tiny_dataset(12).images, k=3, tsne=True)
    assert result.tsne.shape == (12, 2)
