"""The real files, as datasets/README.md describes them."""

import hashlib

import numpy as np
import pytest

from npdeconv.data import Preprocessing, load_cifar10, load_folder, load_mnist, load_photos, load_rps


@pytest.mark.parametrize(
    ("split", "count", "first", "per_class", "sha256"),
    [
        (
            "train",
            60000,
            [5, 0, 4, 1, 9],
            [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        ),
        (
            "test",
            10000,
            [7, 2, 1, 0, 4],
            [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        ),
    ],
)
def test_mnist(real_data, split, count, first, per_class, sha256):
    dataset = load_mnist(split)
    assert dataset.images.shape == (count, 28, 28, 1)
    assert dataset.labels[:5].tolist() == first
    assert np.bincount(dataset.labels).tolist() == per_class
    header = b"".join(n.to_bytes(4, "big") for n in (2051, count, 28, 28))
    assert hashlib.sha256(header + dataset.images.tobytes()).hexdigest() == sha256
    outside = dataset.images[:, :4, :4].mean(), dataset.images[:, 12:16, 12:16].mean()
    assert outside[0] < 1 < 100 < outside[1]  # white on black


@pytest.mark.parametrize(
    ("split", "per_class", "first", "sha256"),
    [
        pytest.param(
            *("train", 5000, "frog", "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5"),
            marks=pytest.mark.slow,
        ),
        ("test", 980, "cat", "6e09eb1832c45cb630e38f9741e83d6d7473fef26efa3b130521cb51fea0487f"),
    ],
)
def test_cifar10(real_data, split, per_class, first, sha256):
    dataset = load_cifar10(split)
    assert dataset.images.shape == (10 * per_class, 32, 32, 3)
    assert dataset.classes[dataset.labels[0]] == first
    assert np.bincount(dataset.labels).tolist() == [per_class] * 10
    batch = dataset[:10_000]  # rebuilds the file of these images
    planes = batch.images.transpose(0, 3, 1, 2).reshape(len(batch), -1)
    records = np.concatenate([batch.labels[:, np.newaxis].astype(np.uint8), planes], axis=1)
    assert hashlib.sha256(records.tobytes()).hexdigest() == sha256
    edges = dataset.images[dataset.labels == dataset.classes.index("ship"), 0].mean(axis=(0, 1))
    assert edges[2] > edges[0] + 10  # the sky above ships is blue


@pytest.mark.parametrize(
    ("split", "count", "series"), [pytest.param("train", 2520, 7, marks=pytest.mark.slow), ("test", 330, 4)]
)
def test_rps(real_data, split, count, series):
    dataset = load_rps(split, size=32)
    assert dataset.images.shape == (count, 32, 32, 3)
    assert dataset.classes == ("paper", "rock", "scissors")
    assert np.bincount(dataset.labels).tolist() == [count // 3] * 3
    for label in range(3):
        names = {group for group, of in zip(dataset.groups, dataset.labels, strict=True) if of == label}
        assert len(names) == series
    assert dataset.images[:, :2].mean() > 240  # on white


@pytest.mark.slow
def test_rps_series(real_data):
    dataset = load_rps("train", size=8)
    assert {"rock01", "rock05ck01", "rock07-k03", "paper07", "testscissors03"} < set(dataset.groups)
    assert [dataset.groups.count(group) for group in sorted(set(dataset.groups))] == [120] * 21
    rest, aside = dataset.split_groups(0.15, np.random.default_rng(0))
    assert (len(rest), len(aside)) == (2160, 360)
    assert np.bincount(aside.labels).tolist() == [120, 120, 120]


def test_any_folder_of_images(real_data):
    dataset = load_folder(real_data / "caltech101", (24, 32))
    assert dataset.images.shape == (30 * 56, 24, 32, 3)
    assert np.bincount(dataset.labels).tolist() == [56] * 30
    gray = dataset.images[dataset.labels == dataset.classes.index("car_side")]
    assert np.array_equal(gray.min(axis=3), gray.max(axis=3))
    train, test = dataset.split_per_class(30, np.random.default_rng(0))
    assert np.bincount(train.labels).tolist() == [30] * 30
    assert np.bincount(test.labels).tolist() == [26] * 30


def test_photos_of_different_shapes_are_cut_alike(real_data):
    cut = load_folder("caltech101", 100, shorter_side=110)
    photos = load_photos(real_data / "caltech101/ketch")
    assert len({photo.image.shape for photo in photos}) > 10
    card = Preprocessing(100, shorter_side=110)
    ketches = cut.images[cut.labels == cut.classes.index("ketch")]
    assert np.array_equal(card.fit([photo.image for photo in photos]), ketches)
