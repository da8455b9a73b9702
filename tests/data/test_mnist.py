"""The four IDX files: small ones are read correctly, damaged ones are refused in one sentence."""

import gzip
import struct

import numpy as np
import pytest

from npdeconv.data import load_mnist

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 28, 28), dtype=np.uint8)
LABELS = np.array([5, 0, 4, 1, 9], np.uint8)


def idx(magic, shape, values):
    return struct.pack(f">{1 + len(shape)}I", magic, *shape) + bytes(values)


GOOD_IMAGES = idx(2051, IMAGES.shape, IMAGES.tobytes())
GOOD_LABELS = idx(2049, LABELS.shape, LABELS)


@pytest.fixture
def mnist(tmp_path, monkeypatch):
    """A data folder with small but sound files."""
    monkeypatch.setenv("NPDECONV_DATA", str(tmp_path))
    folder = tmp_path / "mnist"
    folder.mkdir()
    for split in "train", "t10k":
        (folder / f"{split}-images-idx3-ubyte.gz").write_bytes(gzip.compress(GOOD_IMAGES))
        (folder / f"{split}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(GOOD_LABELS))
    return folder


@pytest.mark.parametrize("split", ["train", "test"])
def test_good_files(mnist, split):
    dataset = load_mnist(split)
    assert np.array_equal(dataset.images[..., 0], IMAGES)
    assert dataset.labels.tolist() == [5, 0, 4, 1, 9]
    assert dataset.classes == tuple("0123456789")
    assert dataset.name == f"mnist {split}"


@pytest.mark.parametrize("name", ["{}-idx{}-ubyte", "{}.idx{}-ubyte", "{}.idx{}-ubyte.gz"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])  # independent of the suffix
def test_unpacked_files_and_those_with_a_dot(mnist, name, pack):
    for kind, axes, content in ("images", 3, GOOD_IMAGES), ("labels", 1, GOOD_LABELS):
        (mnist / f"train-{kind}-idx{axes}-ubyte.gz").unlink()
        (mnist / name.format(f"train-{kind}", axes)).write_bytes(pack(content))
    dataset = load_mnist("train")
    assert np.array_equal(dataset.images[..., 0], IMAGES)
    assert dataset.labels.tolist() == [5, 0, 4, 1, 9]


def test_a_folder_is_no_file_of_mnist(mnist):
    (mnist / "train-images-idx3-ubyte.gz").rename(mnist / "train-images.idx3-ubyte.gz")
    (mnist / "train-images-idx3-ubyte").mkdir()  # as some archives unpack
    assert len(load_mnist("train")) == 5


def test_unknown_split():
    with pytest.raises(ValueError, match=r"^load_mnist: split must be one of train, test, got 'val'$"):
        load_mnist("val")


PACKED = gzip.compress(GOOD_IMAGES)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "expected a header of 16 bytes, got 0$"),
        (gzip.compress(GOOD_IMAGES[:10]), "expected a header of 16 bytes, got 10$"),
        (b"no gzip file, nor one of images", "expected magic number 2051, got 1852776551$"),
        (GOOD_IMAGES[:-1], "expected 3920 bytes after the header, got only 3919$"),
        (GOOD_IMAGES[:99], r"expected a header that declares 1 to 99 bytes, got \(5, 28, 28\)$"),
        (GOOD_IMAGES + b"\0", "expected 3920 bytes after the header, got more$"),
        (PACKED[:-1], r"expected a complete gzip file, got a damaged one \(Compressed file ended before"),
        (PACKED[:2000], "expected a complete gzip file"),
        (PACKED[:5], "expected a complete gzip file"),
        (
            PACKED[:-8] + bytes(4) + PACKED[-4:],
            r"expected a complete gzip file, got a damaged one \(CRC check failed",
        ),
        (PACKED[:200] + b"\xff\xff\xff\xff" + PACKED[204:], "expected a complete gzip file"),
        (PACKED + b"more", "expected a complete gzip file"),
        (gzip.compress(GOOD_LABELS + bytes(8)), "expected magic number 2051, got 2049$"),
        (gzip.compress(GOOD_IMAGES[:-1]), "expected 3920 bytes after the header, got only 3919$"),
        (gzip.compress(GOOD_IMAGES + b"\0"), "expected 3920 bytes after the header, got more$"),
        (gzip.compress(GOOD_IMAGES) * 2, "expected 3920 bytes after the header, got more$"),
        (
            gzip.compress(idx(2051, (0, 28, 28), b"")),
            r"expected a header that declares 1 to \d+ bytes, got \(0, ",
        ),
    ],
)
def test_damaged_images(mnist, content, message):
    path = mnist / "train-images-idx3-ubyte.gz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"^{path}: {message}"):
        load_mnist("train")
    assert path.read_bytes() == content


@pytest.mark.parametrize("shape", [(60000, 28, 28), (2**32 - 1,) * 3, (5, 2**31, 1)])
def test_absurd_promises_are_refused_before_anything_is_allocated(mnist, shape):
    path = mnist / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(idx(2051, shape, bytes(100))))
    with pytest.raises(
        ValueError, match=r"train-images.*: expected a header that declares 1 to \d+ bytes, got"
    ):
        load_mnist("train")


def test_a_gzip_bomb_is_not_unpacked(mnist):
    path = mnist / "train-images-idx3-ubyte.gz"
    zeros = gzip.compress(bytes(2**20), mtime=0)
    path.write_bytes(gzip.compress(GOOD_IMAGES) + zeros * 5000)  # 5 GB in 5 MB
    with pytest.raises(ValueError, match=r"expected 3920 bytes after the header, got more$"):
        load_mnist("train")


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.array([5, 0, 4, 10, 9], np.uint8), "expected labels from 0 to 9, got 10 for image 3$"),
        (LABELS[:4], r"expected a label for each of the 5 images in .*train-images-idx3-ubyte.gz, got 4$"),
        (np.zeros(6, np.uint8), "expected a label for each of the 5 images in .*, got 6$"),
    ],
)
def test_labels_that_do_not_fit(mnist, labels, message):
    path = mnist / "train-labels-idx1-ubyte.gz"
    path.write_bytes(gzip.compress(idx(2049, labels.shape, labels)))
    with pytest.raises(ValueError, match=f"^{path}: {message}"):
        load_mnist("train")


def test_images_in_place_of_labels(mnist):
    path = mnist / "t10k-labels-idx1-ubyte.gz"
    path.write_bytes(PACKED)
    with pytest.raises(ValueError, match=f"^{path}: expected magic number 2049, got 2051$"):
        load_mnist("test")
