"""Thousands of damaged files: each is read, or refused by a ValueError that names it.

Warnings are errors in all tests, so a warning of a decoder fails, too.
"""

import gzip
import io
import struct
import zipfile

import numpy as np
import pytest
from PIL import Image, ImageCms

from npdeconv.data import load_folder, load_mnist
from npdeconv.data.archive import unpack

RNG = np.random.default_rng(0)
PIXELS = (
    RNG.integers(0, 256, (8, 28, 28), dtype=np.uint8) & RNG.integers(0, 2, (8, 28, 1), dtype=np.uint8) * 255
)
IMAGES = struct.pack(">4I", 2051, *PIXELS.shape) + PIXELS.tobytes()
LABELS = struct.pack(">2I", 2049, 8) + bytes(range(8))


def flip_bits(content, rng):
    changed = np.frombuffer(content, np.uint8).copy()
    places = rng.integers(0, len(content), rng.integers(1, 9))
    changed[places] ^= (1 << rng.integers(0, 8, len(places))).astype(np.uint8)
    return changed.tobytes()


def flip_bits_in_front(content, rng):
    return flip_bits(content[:40], rng) + content[40:]


def truncate(content, rng):
    return content[: rng.integers(0, len(content))]


def insert(content, rng):
    place = rng.integers(0, len(content))
    return content[:place] + rng.bytes(rng.integers(1, 20)) + content[place:]


def cut_out(content, rng):
    start = rng.integers(0, len(content))
    return content[:start] + content[start + rng.integers(1, 20) :]


def repeat(content, rng):
    start, stop = sorted(rng.integers(0, len(content), 2))
    return content[:stop] + content[start:]


MUTATIONS = (flip_bits, flip_bits_in_front, truncate, insert, cut_out, repeat)


def mutants(content, count, seed):
    rng = np.random.default_rng(seed)
    for i in range(count):
        yield MUTATIONS[i % len(MUTATIONS)](content, rng)


def refusals(path, contents, load, check):
    """Load each content from the path; return the number of contents refused by a ValueError."""
    messages = []
    for content in contents:
        path.unlink()  # some file systems flush a file that is overwritten, which takes long
        path.write_bytes(content)
        try:
            check(load())
        except ValueError as error:
            messages.append(str(error))
        assert path.read_bytes() == content
    assert all(message.startswith(f"{path}: expected ") and "\n" not in message for message in messages)
    return len(messages)


@pytest.fixture
def mnist(tmp_path, monkeypatch):
    monkeypatch.setenv("NPDECONV_DATA", str(tmp_path))
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist/train-images-idx3-ubyte.gz").write_bytes(gzip.compress(IMAGES))
    (tmp_path / "mnist/train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(LABELS))
    return tmp_path / "mnist"


def is_mnist(dataset):
    assert dataset.images.shape[0] == dataset.labels.shape[0] == 8
    assert dataset.labels.max() < 10


@pytest.mark.parametrize(
    ("name", "content"),
    [("train-images-idx3-ubyte.gz", IMAGES), ("train-labels-idx1-ubyte.gz", LABELS)],
    ids=["images", "labels"],
)
def test_mnist(mnist, name, content):
    def load():
        return load_mnist("train")

    packed_after = (gzip.compress(mutant, 1) for mutant in mutants(content, 1200, seed=1))
    assert refusals(mnist / name, mutants(gzip.compress(content), 1200, seed=0), load, is_mnist) > 800
    assert refusals(mnist / name, packed_after, load, is_mnist) > 500


def picture(kind, mode, **options):
    colors = np.linspace(0, 255, 16 * 16 * 4).astype(np.uint8).reshape(16, 16, 4)
    buffer = io.BytesIO()
    Image.fromarray(colors).convert(mode).save(buffer, kind, **options)
    return buffer.getvalue()


TURNED = b"Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0"
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
SECOND = Image.new("RGB", (16, 16), (1, 2, 3))


def is_picture(dataset):
    assert dataset.images.shape == (1, 8, 8, 3)
    assert dataset.images.dtype == np.uint8


@pytest.mark.parametrize(
    ("content", "least"),
    [
        (picture("PNG", "RGBA"), 200),
        (picture("PNG", "P", transparency=bytes(9)), 200),
        (picture("PNG", "L"), 200),
        (picture("JPEG", "RGB"), 100),
        (picture("JPEG", "L", progressive=True), 100),
        (picture("JPEG", "CMYK", exif=TURNED), 100),
        (picture("PNG", "RGB", icc_profile=PROFILE), 200),
        (picture("JPEG", "L", icc_profile=PROFILE), 100),
        (picture("PNG", "RGB", save_all=True, append_images=[SECOND], default_image=True), 200),
        (picture("MPO", "RGB", save_all=True, append_images=[SECOND], exif=TURNED), 100),
    ],
    ids=[
        *("png", "png palette", "png gray", "jpeg", "jpeg progressive", "jpeg cmyk"),
        *("png profile", "jpeg profile", "png animated", "several in one"),
    ],
)
def test_pictures(tmp_path, content, least):
    path = tmp_path / "class/picture.png"
    path.parent.mkdir()
    path.write_bytes(content)
    is_picture(load_folder(tmp_path, 8))
    assert refusals(path, mutants(content, 400, seed=2), lambda: load_folder(tmp_path, 8), is_picture) > least


def test_zip_files(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for i in range(3):
            file.writestr(f"set/class/{i}.png", bytes(100))
    path = tmp_path / "set.zip"
    path.write_bytes(buffer.getvalue())
    targets = iter(range(10_000))

    def load():
        return unpack(path, "set", tmp_path / "out" / str(next(targets)))

    def is_inside(target):
        assert target.is_dir()

    assert refusals(path, mutants(buffer.getvalue(), 600, seed=3), load, is_inside) > 300
    assert {entry.name for entry in tmp_path.iterdir()} == {"set.zip", "out"}
