"""Folders of images, and Rock Paper Scissors, which has two of them."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from npdeconv.data import load_folder, load_rps

RED = (255, 0, 0)


def save(path, color=RED, size=(4, 4), mode="RGB", **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, color).save(path, **options)


@pytest.fixture
def pets(tmp_path):
    save(tmp_path / "pets/dog/b.png", (0, 255, 0))
    save(tmp_path / "pets/cat/10.png", (0, 0, 3))
    save(tmp_path / "pets/cat/1.PNG", (0, 0, 2))
    save(tmp_path / "pets/dog/a.jpeg", (128, 128, 128))
    return tmp_path / "pets"


def test_classes_and_images_come_sorted(pets):
    dataset = load_folder(pets, 4)
    assert dataset.classes == ("cat", "dog")
    assert dataset.labels.tolist() == [0, 0, 1, 1]
    assert dataset.images.shape == (4, 4, 4, 3)
    assert dataset.images[:, 0, 0].tolist() == [[0, 0, 2], [0, 0, 3], [128, 128, 128], [0, 255, 0]]
    assert dataset.name == "pets"
    assert dataset.groups is None


def test_skipped_files_and_folders(pets):
    expected = load_folder(pets, 4)
    (pets / "names.csv").write_text("beside the classes")
    (pets / "cat/labels.txt").write_text("beside the images")
    (pets / ".git").mkdir()
    (pets / "cat/.DS_Store").write_bytes(b"hidden")
    (pets / "cat/._1.png").write_bytes(b"hidden, and no image")
    for system in "Thumbs.db", "cat/desktop.ini", "__MACOSX/cat/1.png", "@eaDir/x.png", "lost+found/x.png":
        (pets / system).parent.mkdir(parents=True, exist_ok=True)
        (pets / system).write_bytes(b"of a system, and no image")
    save(pets / "cat/kittens/1.png")
    dataset = load_folder(str(pets), 4)
    assert dataset.classes == expected.classes
    assert np.array_equal(dataset.images, expected.images)


def test_a_relative_path_may_lie_in_the_data_folder(pets, monkeypatch):
    monkeypatch.setenv("NPDECONV_DATA", str(pets.parent))
    assert len(load_folder("pets", 4)) == 4


@pytest.mark.parametrize(
    ("mode", "color", "expected"),
    [
        ("L", 77, [77, 77, 77]),
        ("1", 1, [255, 255, 255]),
        ("P", 0, [9, 8, 7]),
        ("RGBA", (1, 2, 3, 0), [255, 255, 255]),
        ("LA", (5, 128), [130, 130, 130]),
        ("I;16", 0x1234, [0x12, 0x12, 0x12]),
    ],
)
def test_every_kind_of_png_becomes_rgb(tmp_path, mode, color, expected):
    image = Image.new(mode, (2, 2), color)
    if mode == "P":
        image.putpalette([9, 8, 7])
    (tmp_path / "set/only").mkdir(parents=True)
    image.save(tmp_path / "set/only/x.png")
    assert load_folder(tmp_path / "set", 2).images[0, 0, 0].tolist() == expected


def test_a_palette_with_transparency_causes_no_warning(tmp_path):
    save(tmp_path / "set/only/x.png", 0, mode="P", transparency=bytes([0, 128]))
    assert len(load_folder(tmp_path / "set", 2)) == 1


def test_images_are_stretched_and_antialiased(tmp_path):
    path = tmp_path / "set/only/x.png"
    path.parent.mkdir(parents=True)
    stripes = np.zeros((40, 40), np.uint8)
    stripes[:, 1::2] = 200  # picking pixels would give 0 or 200
    stripes[:20] //= 2
    Image.fromarray(stripes).save(path)
    image = load_folder(tmp_path / "set", (2, 5)).images[0, :, :, 0]
    assert image.shape == (2, 5)
    assert np.abs(image[0, 1:4].astype(int) - 50).max() < 12
    assert np.abs(image[1, 1:4].astype(int) - 100).max() < 12


def test_images_of_any_shape_are_cut_out_of_the_center_on_request(tmp_path):
    for name, size in [("wide", (80, 20)), ("tall", (20, 80)), ("small", (8, 8))]:
        side = Image.new("RGB", size, RED)
        center = (size[0] - min(size)) // 2, (size[1] - min(size)) // 2
        side.paste((0, 0, 255), (*center, center[0] + min(size), center[1] + min(size)))
        (tmp_path / "set/only").mkdir(parents=True, exist_ok=True)
        side.save(tmp_path / f"set/only/{name}.png")
    images = load_folder(tmp_path / "set", 4, shorter_side=12).images
    assert images.shape == (3, 4, 4, 3)
    assert (images == (0, 0, 255)).all()  # nothing of the red sides
    assert (load_folder(tmp_path / "set", 4).images[..., 0] > 0).any()
    message = "^load_folder: shorter_side must be at least the size to cut out, 4x6, got 5$"
    with pytest.raises(ValueError, match=message):
        load_folder(tmp_path / "set", (4, 6), shorter_side=5)


def test_some_images_of_a_folder(pets):
    whole = load_folder(pets, 4)
    (pets / "cat/10.png").write_bytes(b"damaged, but not read")
    some = load_folder(pets, 4, image_indices=[3, 0, 3])
    assert np.array_equal(some.images, whole.images[[3, 0, 3]])
    assert some.labels.tolist() == [1, 0, 1]
    assert some.classes == whole.classes
    for image in -1, 4:
        with pytest.raises(
            IndexError, match=rf"^load_folder: image_indices must be from 0 to 3, got {image}$"
        ):
            load_folder(pets, 4, image_indices=[0, image])


def test_missing_folder(tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"no: expected a folder that holds a folder of images per class$"
    ):
        load_folder(tmp_path / "no", 4)


def test_images_in_no_class_folder_have_no_labels(pets):
    dataset = load_folder(pets / "cat", 4)
    assert dataset.labels is None
    assert dataset.classes == ()
    assert dataset.groups == ("1", "10")
    assert dataset.images[:, 0, 0].tolist() == [[0, 0, 2], [0, 0, 3]]


def test_no_class(tmp_path):
    (tmp_path / "notes.txt").write_text("no image")
    with pytest.raises(ValueError, match=r": expected images or a folder of images per class, got none$"):
        load_folder(tmp_path, 4)


def test_empty_class(pets):
    (pets / "bird").mkdir()
    (pets / "bird/readme.txt").write_text("none yet")
    message = rf"^{pets / 'bird'}: expected images \(.png, .jpg, .jpeg\), got a folder without any$"
    with pytest.raises(ValueError, match=message):
        load_folder(pets, 4)


@pytest.mark.parametrize("size", [0, (3, -1), (1, 2, 3)])
def test_bad_size(pets, size):
    with pytest.raises(ValueError, match=r"^load_folder: size must be"):
        load_folder(pets, size)
    with pytest.raises(ValueError, match=r"^load_rps: size must be"):
        load_rps("train", size)


def encoded(kind, **options):
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), RED).save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.png", b""),
        ("x.png", b"this is no image"),
        ("x.png", encoded("PNG")[:50]),
        ("x.jpg", encoded("JPEG")[:-100]),
        ("x.png", encoded("GIF")),  # other decoders are not used
        ("x.jpg", encoded("BMP")),
    ],
)
def test_a_file_that_is_no_image(pets, name, content):
    path = pets / "cat" / name
    path.write_bytes(content)
    with pytest.raises(
        ValueError, match=rf"^{path}: expected a PNG or JPEG image, got one that cannot be read \("
    ):
        load_folder(pets, 4)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("side", "reason"),
    [
        (10_000, "10000x10000 pixels, more than the limit of"),
        (100_000, r"Image size \(10000000000 pixels\) exceeds"),
    ],
)
def test_a_decompression_bomb_is_refused(pets, side, reason):
    header = b"IHDR" + struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(bytes(1000))
    chunks = [
        struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in (header, data, b"IEND")
    ]
    path = pets / "cat/bomb.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))
    message = rf"^{path}: expected a PNG or JPEG image, got one that cannot be read \({reason}"
    with pytest.raises(ValueError, match=message):
        load_folder(pets, 4)


@pytest.fixture
def rps(tmp_path, monkeypatch):
    monkeypatch.setenv("NPDECONV_DATA", str(tmp_path))
    for name in (
        "rock/rock05ck01-097.jpg",
        "rock/rock07-k03-001.jpg",
        "paper/paper01-000.png",
        "scissors/x-1.png",
    ):
        save(tmp_path / "rps/train" / name, size=(30, 30))
    return tmp_path / "rps/train"


def test_rps_knows_the_series(rps):
    dataset = load_rps("train", size=(8, 6))
    assert dataset.images.shape == (4, 8, 6, 3)
    assert dataset.classes == ("paper", "rock", "scissors")
    assert dataset.labels.tolist() == [0, 1, 1, 2]
    assert dataset.groups == ("paper01", "rock05ck01", "rock07-k03", "x")
    assert dataset.name == "rps train"
    assert load_rps("train").images.shape == (4, 300, 300, 3)


def test_rps_with_other_classes(rps):
    save(rps / "lizard/lizard-1.png")
    message = rf"^{rps}: expected the folders paper, rock, scissors, got lizard, paper, rock, scissors$"
    with pytest.raises(ValueError, match=message):
        load_rps("train")


def test_rps_has_two_splits():
    with pytest.raises(ValueError, match=r"^load_rps: split must be one of train, test, got 'validation'$"):
        load_rps("validation")
