"""CIFAR-10 in all formats: small files are read correctly, damaged ones are refused in one sentence."""

import lzma
import pickle
import tracemalloc
import zlib

import numpy as np
import pytest

from npdeconv.data import cifar10, load_cifar10
from tests.data.test_fuzz import mutants, refusals

RNG = np.random.default_rng(0)
NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
META = "\n".join(NAMES) + "\n\n"
LABELS = [3, 9, 0, 9]
IMAGES = RNG.integers(0, 256, (4, 32, 32, 3), np.uint8)
PLANES = [np.concatenate([image[..., channel].ravel() for channel in range(3)]) for image in IMAGES]
RECORDS = b"".join(bytes([label]) + row.tobytes() for label, row in zip(LABELS, PLANES, strict=True))
BATCHES = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]


def pickled(protocol=2, **changes):
    batch = {
        "batch_label": b"made up",
        "labels": LABELS,
        "data": np.array(PLANES),
        "filenames": [b"x.png"] * 4,
    }
    return pickle.dumps({key.encode(): value for key, value in (batch | changes).items()}, protocol)


def put(path, content):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A data folder with small but sound files of the binary version."""
    monkeypatch.setenv("NPDECONV_DATA", str(tmp_path))
    for name in BATCHES:
        put(tmp_path / f"cifar10/{name}.bin", RECORDS)
    put(tmp_path / "cifar10/batches.meta.txt", META.encode())
    return tmp_path / "cifar10"


def is_right(dataset, batches):
    assert np.array_equal(dataset.images, np.concatenate([IMAGES] * batches))
    assert dataset.labels.tolist() == LABELS * batches
    assert dataset.classes == NAMES


def test_binary(folder):
    is_right(load_cifar10("train"), 5)
    is_right(load_cifar10("test"), 1)
    assert load_cifar10("test").name == "cifar10 test"


def test_packed(folder):
    for name in BATCHES:
        (folder / f"{name}.bin").unlink()
        put(folder / f"{name}.bin.xz", lzma.compress(RECORDS))
    is_right(load_cifar10("train"), 5)


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_python(folder, protocol):
    for path in list(folder.iterdir()):
        path.unlink()
    for name in BATCHES:
        put(folder / name, pickled(protocol))
    put(folder / "batches.meta", pickle.dumps({b"label_names": [name.encode() for name in NAMES]}, protocol))
    is_right(load_cifar10("train"), 5)


def test_the_pickles_of_python_2_whose_keys_are_strings(folder):
    (folder / "test_batch.bin").unlink()
    batch = pickle.loads(pickled())
    put(folder / "test_batch", pickle.dumps({key.decode(): value for key, value in batch.items()}, 2))
    is_right(load_cifar10("test"), 1)


def test_the_order_of_the_batches(folder):
    for number in range(1, 6):
        put(folder / f"data_batch_{number}.bin", bytes([number]) + bytes(3072))
    assert load_cifar10("train").labels.tolist() == [1, 2, 3, 4, 5]


def test_pickles_that_grow_are_refused(folder, monkeypatch):
    (folder / "test_batch.bin").unlink()
    # {"labels": [the same text, encoded, again and again]}
    start = b"\x80\x02}U\x06labels(X\x40\x42\x0f\x00" + b"x" * 10**6 + b"q\x01"
    path = put(folder / "test_batch", start + b"c_codecs\nencode\nh\x01U\x06latin1\x86R" * 3000 + b"ls.")
    with pytest.raises(
        ValueError, match=rf"^{path}: expected a pickle that makes at most 134217728 bytes, got"
    ):
        load_cifar10("test")
    monkeypatch.setattr(cifar10, "LARGEST_PICKLE", 999_999)
    with pytest.raises(
        ValueError, match=rf"^{path}: expected at most 999999 bytes, got {path.stat().st_size}$"
    ):
        load_cifar10("test")


def test_ten_names_are_counted_before_they_are_read(folder):
    (folder / "batches.meta.txt").unlink()
    name = b"x" * 10**6
    path = put(folder / "batches.meta", pickle.dumps({"label_names": [name] * 100_000}, 3))
    tracemalloc.start()
    with pytest.raises(
        ValueError, match=rf"^{path}: expected the names of 10 classes, each once, got something"
    ):
        load_cifar10("test")
    assert tracemalloc.get_traced_memory()[1] < 1e8
    tracemalloc.stop()


def test_unknown_split():
    with pytest.raises(ValueError, match=r"^load_cifar10: split must be one of train, test, got 'val'$"):
        load_cifar10("val")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("test_batch.bin", "expected a file test_batch.bin or test_batch.bin.xz or test_batch, got"),
        ("batches.meta.txt", "expected a file batches.meta.txt or batches.meta, got"),
    ],
)
def test_missing_files(folder, name, message):
    (folder / name).unlink()
    with pytest.raises(FileNotFoundError, match=f"^{folder}: {message} a folder without any$"):
        load_cifar10("test")


PACKED = lzma.compress(RECORDS)
WRONG_LABEL = RECORDS[:3073] + b"\x0a" + RECORDS[3074:]
SIZES = "expected 1 to 10000 records of 3073 bytes, got"


class Malice:
    """Runs a command if it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return type(self.path).touch, (self.path,)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("test_batch.bin", b"", f"{SIZES} 0 bytes$"),
        ("test_batch.bin", RECORDS[:-1], f"{SIZES} 12291 bytes$"),
        ("test_batch.bin", bytes(3073 * 10_000 + 1), f"{SIZES} more$"),
        ("test_batch.bin", WRONG_LABEL, "expected labels from 0 to 9, got 10 for image 1$"),
        ("test_batch.bin.xz", b"", "expected a whole xz file, got a part$"),
        ("test_batch.bin.xz", PACKED[:-5], "expected a whole xz file, got a part$"),
        ("test_batch.bin.xz", RECORDS, "expected a whole xz file, got a file that can't be read as one"),
        ("test_batch.bin.xz", PACKED * 2, "expected an xz file and nothing else, got more bytes after it$"),
        ("test_batch.bin.xz", lzma.compress(WRONG_LABEL), "expected labels from 0 to 9, got 10 for image 1$"),
        ("test_batch.bin.xz", lzma.compress(bytes(2**26)), f"{SIZES} more$"),  # 10 kB
        ("test_batch", b"", "expected a pickled batch of CIFAR-10, got a file that can't be read as one"),
        ("test_batch", pickled()[:-1], "expected a pickled batch of CIFAR-10, got a file that can't"),
        ("test_batch", pickle.dumps([1]), "expected a pickled batch of CIFAR-10, got something else$"),
        ("test_batch", pickle.dumps({b"labels": [1]}), r"expected data of uint8 \(N, 3072\), got something"),
        (
            "test_batch",
            pickled(data=np.zeros((4, 3072))),
            r"expected data of uint8 \(N, 3072\), got something",
        ),
        ("test_batch", pickled(data=np.zeros((4, 9), np.uint8)), r"expected data of uint8 \(N, 3072\), got"),
        (
            "test_batch",
            pickled(labels="3909"),
            "expected labels to be a list of integers, got something else$",
        ),
        ("test_batch", pickled(labels=[0.5] * 4), "expected labels to be a list of integers, got something"),
        ("test_batch", pickled(labels=[1]), "expected as many labels as images, 1 to 10000, got 1 and 4$"),
        ("test_batch", pickled(labels=[1, 2, 10, 3]), "expected labels from 0 to 9, got 10 for image 2$"),
        ("test_batch", pickled(labels=[1, 2, -1, 3]), "expected labels from 0 to 9, got -1 for image 2$"),
        ("test_batch", pickled(labels=[1, 2, 2**70, 3]), "expected labels from 0 to 9, got others$"),
        ("batches.meta.txt", b"", "expected the names of 10 classes, each once, got something else$"),
        ("batches.meta.txt", META.replace("bird", "cat").encode(), "expected the names of 10 classes, each"),
        ("batches.meta.txt", b"\xff" * 5000, "expected a list of class names, got a file that can't be read"),
        (
            "batches.meta",
            pickle.dumps({}),
            "expected the names of 10 classes, each once, got something else$",
        ),
        ("batches.meta", pickle.dumps({b"label_names": [1] * 10}), "expected the names of 10 classes, each"),
        ("batches.meta", pickle.dumps(7), "expected a pickled list of class names, got something else$"),
    ],
)
def test_damaged_and_mislabeled_files(folder, name, content, message):
    good = {"test_batch": "test_batch.bin", "batches": "batches.meta.txt"}[name.partition(".")[0]]
    (folder / good).unlink()
    path = put(folder / name, content)
    with pytest.raises(ValueError, match=f"^{path}: {message}"):
        load_cifar10("test")
    assert path.read_bytes() == content


def test_the_memory_of_xz_is_limited(folder):
    (folder / "test_batch.bin").unlink()
    small = lzma.compress(RECORDS, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 2**12}])
    # The size of the dictionary is one byte of the block's header, and protected by a checksum.
    header = bytearray(small[12:24])
    header[4] = 34  # 2 << (34 // 2 + 11): 512 MB
    header[8:12] = zlib.crc32(bytes(header[:8])).to_bytes(4, "little")
    path = put(folder / "test_batch.bin.xz", small[:12] + bytes(header) + small[24:])
    with pytest.raises(
        ValueError, match=rf"^{path}: expected a whole xz file, .* \(Memory usage limit exceeded\)$"
    ):
        load_cifar10("test")


@pytest.mark.parametrize("name", ["test_batch", "batches.meta"])
def test_a_malicious_pickle_is_refused_and_not_executed(folder, tmp_path, name):
    for path in folder.glob(f"{name}*"):
        path.unlink()
    planted = tmp_path / "planted"
    path = put(folder / name, pickled(data=Malice(planted)))
    message = rf"^{path}: expected a pickle of arrays and nothing else, got one that asks for '.*'; nothing"
    with pytest.raises(ValueError, match=message):
        load_cifar10("test")
    assert not planted.exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [("test_batch.bin.xz", PACKED), ("test_batch", pickled()), ("batches.meta.txt", META.encode())],
)
def test_thousands_of_damaged_files(folder, name, content):
    for path in folder.glob(f"{name.partition('.')[0]}.*"):
        path.unlink()
    put(folder / "batches.meta.txt", META.encode())
    put(folder / "test_batch.bin", RECORDS) if name == "batches.meta.txt" else put(folder / name, content)

    def is_cifar10(dataset):
        assert dataset.images.shape[1:] == (32, 32, 3)
        assert len(dataset) <= 8

    contents = mutants(content, 300, seed=4)
    assert refusals(folder / name, contents, lambda: load_cifar10("test"), is_cifar10) > 50
