"""Image files: the pixels are those that people see, and reading them takes a bounded memory."""

import io
import threading
import time

import numpy as np
import pytest
from PIL import Image, ImageCms

from npdeconv.data import load_folder, load_photos, pictures
from npdeconv.data.folder import read_images
from tests.png_files import GRAY, GRAY_ALPHA, PALETTE, RGB, RGB_ALPHA, numbers, png

ARROW = np.arange(6, dtype=np.uint8).reshape(2, 3) * 40  # looks different from all eight sides
UPRIGHT = {
    1: ARROW,
    2: ARROW[:, ::-1],
    3: ARROW[::-1, ::-1],
    4: ARROW[::-1],
    5: ARROW.T,
    6: np.rot90(ARROW, -1),
    7: ARROW[::-1, ::-1].T,
    8: np.rot90(ARROW),
}
"""The picture in a viewer by EXIF orientation; the standard describes 6 as "row 0 is the right-hand side"."""


def read(tmp_path, content, name="x.png", **options):
    """Return a file's pixels (H, W, 3), after checking that a class folder gives the same."""
    (tmp_path / "set/only").mkdir(parents=True, exist_ok=True)
    path = tmp_path / "set/only" / name
    path.write_bytes(content)
    ((_, image),) = load_photos(path, **options)
    in_folder = load_folder(tmp_path / "set", image.shape[:2], **options).images
    assert np.array_equal(in_folder[0], image)
    return image


def written(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def oriented(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


@pytest.mark.parametrize("orientation", range(1, 9))
def test_photos_are_turned_upright(tmp_path, orientation):
    arrow = Image.fromarray(ARROW)
    seen = read(tmp_path, written(arrow, exif=oriented(orientation)))
    assert np.array_equal(seen[..., 0], UPRIGHT[orientation])
    large = arrow.resize((48, 32), Image.Resampling.NEAREST)  # whole blocks of JPEG
    for kind in "JPEG", "MPO":
        seen = read(tmp_path, written(large, kind, exif=oriented(orientation), quality=100), "x.jpg")
        assert np.abs(seen[8::16, 8::16, 0].astype(int) - UPRIGHT[orientation]).max() <= 2


@pytest.mark.parametrize("orientation", [0, 9, 77])
def test_an_invalid_orientation_is_ignored(tmp_path, orientation):
    seen = read(tmp_path, written(Image.fromarray(ARROW), exif=oriented(orientation)))
    assert np.array_equal(seen[..., 0], ARROW)


def test_damaged_exif_data_are_ignored(tmp_path):
    exif = oriented(6).tobytes()[:-6]
    assert np.array_equal(read(tmp_path, written(Image.fromarray(ARROW), exif=exif))[..., 0], ARROW)


INK = (b"\0\0\0\xff", b"\0\0\0\0")  # one black pixel, and one transparent pixel


def test_a_drawing_on_a_transparent_canvas_is_seen(tmp_path):
    content = png((2, 1), 8, RGB_ALPHA, [b"".join(INK)])
    assert read(tmp_path, content)[0, :, 0].tolist() == [0, 255]
    assert read(tmp_path, content, background=(9, 8, 7))[0].tolist() == [[0, 0, 0], [9, 8, 7]]


PLTE = (b"PLTE", bytes([10, 20, 30, 40, 50, 60, 70, 80, 90]))


@pytest.mark.filterwarnings("ignore:.*nothing can be seen, since:UserWarning")
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        # Half of 100 and half of white; the colors of transparent pixels do not count.
        (png((1, 1), 8, RGB_ALPHA, [bytes([100, 0, 255, 128])]), [[177, 127, 255]]),
        (png((2, 1), 8, GRAY_ALPHA, [bytes([100, 128, 7, 0])]), [[177] * 3, [255] * 3]),
        (png((2, 1), 16, GRAY_ALPHA, [numbers(0x1234, 0xFFFF, 0x1234, 0)]), [[0x12] * 3, [255] * 3]),
        (png((1, 1), 16, RGB_ALPHA, [numbers(0x1234, 0x8000, 0xFF00, 0xFFFF)]), [[0x12, 0x80, 0xFF]]),
        (png((2, 1), 16, GRAY, [numbers(0x12FF, 0xFFFF)]), [[0x12] * 3, [255] * 3]),
        (png((1, 1), 16, RGB, [numbers(0x1234, 0x8000, 0xFF00)]), [[0x12, 0x80, 0xFF]]),
        # One color is transparent, given in the bits of the file.
        (
            png((2, 1), 8, RGB, [bytes([1, 2, 3, 1, 2, 4])], (b"tRNS", numbers(1, 2, 3))),
            [[255] * 3, [1, 2, 4]],
        ),
        (png((2, 1), 8, GRAY, [bytes([3, 4])], (b"tRNS", numbers(3))), [[255] * 3, [4] * 3]),
        (png((2, 1), 4, GRAY, [b"\x34"], (b"tRNS", numbers(3))), [[255] * 3, [0x44] * 3]),
        (png((4, 1), 2, GRAY, [b"\x1b"], (b"tRNS", numbers(1))), [[0] * 3, [255] * 3, [170] * 3, [255] * 3]),
        (png((2, 1), 1, GRAY, [b"\x40"], (b"tRNS", numbers(0))), [[255] * 3, [255] * 3]),
        (
            png((2, 1), 16, GRAY, [numbers(0x1234, 0x1235)], (b"tRNS", numbers(0x1234))),
            [[255] * 3, [0x12] * 3],
        ),
        (
            png((2, 1), 16, RGB, [numbers(0x1234, 0, 9, 0x1334, 0, 9)], (b"tRNS", numbers(0x1234, 0, 9))),
            [[255] * 3, [0x13, 0, 0]],
        ),
        # A palette with partly opaque colors; also of two bits.
        (
            png((3, 1), 8, PALETTE, [bytes([0, 1, 2])], PLTE, (b"tRNS", bytes([0, 128]))),
            [[255] * 3, [147, 152, 157], [70, 80, 90]],
        ),
        (
            png((3, 1), 2, PALETTE, [b"\x18"], PLTE, (b"tRNS", bytes([255, 0]))),
            [[10, 20, 30], [255] * 3, [70, 80, 90]],
        ),
        (png((3, 1), 8, PALETTE, [bytes([0, 1, 2])], PLTE), [[10, 20, 30], [40, 50, 60], [70, 80, 90]]),
    ],
)
def test_every_kind_of_png_is_read_as_people_see_it(tmp_path, content, expected):
    assert read(tmp_path, content)[0].tolist() == expected


def test_gray_networks_see_the_same_gray(tmp_path):
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    for mode in "L", "RGB", "LA", "RGBA", "P":
        seen = read(tmp_path, written(Image.fromarray(ramp).convert(mode)))
        gray = read_images([tmp_path / "set/only/x.png"], (16, 16), gray=True)[0, ..., 0]
        assert np.array_equal(seen, np.repeat(ramp[..., np.newaxis], 3, axis=2))
        assert np.array_equal(gray, ramp)


def test_the_gamma_of_a_png_is_applied(tmp_path):
    def gamma(value, *more):
        return (b"gAMA", round(value * 100_000).to_bytes(4, "big")), *more

    linear = read(tmp_path, png((1, 1), 8, GRAY, [b"\x40"], *gamma(1.0)))
    assert linear[0, 0].tolist() == [136] * 3  # 255 * (64 / 255) ** (1 / 2.2)
    for chunks in gamma(0.45455), gamma(1.0, (b"sRGB", b"\0")), ():
        assert read(tmp_path, png((1, 1), 8, GRAY, [b"\x40"], *chunks))[0, 0].tolist() == [64] * 3


def swapped_profile():
    """Return a profile in which red is green: sRGB's, with two of its columns exchanged."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(b"rXYZ", b"?XYZ").replace(b"gXYZ", b"rXYZ").replace(b"?XYZ", b"gXYZ")


@pytest.mark.parametrize(("mode", "alpha"), [("RGB", 255), ("RGBA", 255), ("P", 255), ("RGBA", 0)])
def test_colors_are_those_of_the_profile(tmp_path, mode, alpha):
    red = Image.new("RGBA", (1, 1), (200, 0, 0, alpha)).convert(mode)
    seen = read(tmp_path, written(red, icc_profile=swapped_profile()))[0, 0]
    assert np.abs(seen.astype(int) - ([0, 200, 0] if alpha else [255, 255, 255])).max() <= 1


def test_a_profile_that_changes_nothing_changes_nothing(tmp_path):
    colors = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert np.array_equal(read(tmp_path, written(Image.fromarray(colors), icc_profile=profile)), colors)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_damaged_profiles_and_those_of_other_colors_are_ignored(tmp_path, mode):
    gray = Image.new(mode, (1, 1), (77,) * len(mode))
    profiles = [b"none"] + [swapped_profile()] * (mode == "L")
    for profile in profiles:
        assert read(tmp_path, written(gray, icc_profile=profile))[0, 0].tolist() == [77] * 3


def test_cmyk_inks_become_rgb(tmp_path):
    for ink, color in ((255, 0, 0, 0), [0, 255, 255]), ((0, 0, 0, 255), [0] * 3), ((0, 0, 0, 0), [255] * 3):
        seen = read(tmp_path, written(Image.new("CMYK", (8, 8), ink), "JPEG", quality=100), "x.jpg")
        assert np.abs(seen[0, 0].astype(int) - color).max() <= 2


@pytest.mark.parametrize("default_image", [False, True])
def test_the_first_picture_of_an_animation_is_read(tmp_path, default_image):
    frames = [Image.new("RGB", (4, 4), (value, 0, 0)) for value in (10, 20, 30)]
    content = written(frames[0], save_all=True, append_images=frames[1:], default_image=default_image)
    # The default image is for viewers without animation: people see the next one.
    assert read(tmp_path, content)[0, 0].tolist() == [20 if default_image else 10, 0, 0]


def test_the_first_of_several_pictures_is_read(tmp_path):
    frames = [Image.new("RGB", (16, 16), (value, 0, 0)) for value in (10, 200)]
    seen = read(tmp_path, written(frames[0], "MPO", save_all=True, append_images=frames[1:]), "x.jpg")
    assert abs(int(seen[0, 0, 0]) - 10) <= 2


def test_white_ink_on_transparency_warns(tmp_path):
    ink = Image.new("LA", (4, 4), (255, 0))
    ink.paste((255, 255), (1, 1, 3, 3))
    ink.save(tmp_path / "ink.png")
    with pytest.warns(
        UserWarning, match=r"ink\.png: nothing can be seen, .* color of the background, \(255, 255, 255\)"
    ):
        load_photos(tmp_path)
    ((_, seen),) = load_photos(tmp_path, background=(0, 0, 0))
    assert np.unique(seen).tolist() == [0, 255]


@pytest.mark.parametrize("background", [(0, 0), "white", (0, 0, 256), (0.5, 0, 0), None])
@pytest.mark.parametrize("load", [lambda path, **color: load_folder(path, 4, **color), load_photos])
def test_invalid_background_colors(tmp_path, load, background):
    with pytest.raises(
        ValueError, match=r"^load_\w+: background must be \(red, green, blue\), each from 0 to"
    ):
        load(tmp_path, background=background)


@pytest.mark.parametrize(("size", "rows"), [((1, 80_000_000), 100), ((80_000_000, 1), 0)])
def test_very_long_pictures_are_refused_by_their_memory(tmp_path, size, rows):
    path = tmp_path / "long.png"
    path.write_bytes(png(size, 8, GRAY, [b"\0"] * rows))
    message = rf"^{path}: expected a PNG or JPEG image, got one that .* \({size[0]}x{size[1]} pixels"
    with pytest.raises(ValueError, match=message + r" take \d+ bytes to read, over the limit of \d+\)$"):
        load_photos(path)


def test_transparency_and_progressive_scans_cost_more(tmp_path):
    rgba, plain = (tmp_path / name for name in ("rgba.png", "rgb.jpg"))
    rgba.write_bytes(png((9000, 9000), 8, RGB_ALPHA, []))
    with pytest.raises(ValueError, match=r"rgba.png: .*\(9000x9000 pixels take \d+ bytes"):
        load_photos(rgba)
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))
    costs = []
    for progressive in False, True:
        noise.save(plain, progressive=progressive)
        with Image.open(plain) as image:
            costs.append(pictures._cost(image, 64 * 64))
    assert costs[1] - costs[0] == 6 * 64 * 64


def test_all_together_take_no_more_than_the_limit(tmp_path, monkeypatch):
    (tmp_path / "only").mkdir()
    for number in range(12):
        Image.new("RGB", (50, 50)).save(tmp_path / f"only/{number}.png")
    with Image.open(tmp_path / "only/0.png") as image:
        cost = pictures._cost(image, 2500)
    at_once, most, lock = 0, 0, threading.Lock()

    def seen(image, background, path):
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.01)
        with lock:
            at_once -= 1
        return image.convert("RGB")

    monkeypatch.setattr(pictures, "_as_seen", seen)
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    for share, fewest, expected in (1.5, 1, 1), (3.5, 2, 3):
        monkeypatch.setattr(pictures, "_memory", pictures._Memory(int(share * cost)))
        most = 0
        load_folder(tmp_path, 4)
        assert fewest <= most <= expected
    assert pictures._memory.free == int(3.5 * cost)


def test_a_failed_read_frees_its_memory(tmp_path):
    (tmp_path / "x.png").write_bytes(written(Image.new("RGB", (500, 500)))[:-40])
    with pytest.raises(ValueError, match=r"x.png: expected a PNG or JPEG image"):
        load_photos(tmp_path)
    assert pictures._memory.free == pictures.LARGEST


def test_photos_are_counted_together(tmp_path, monkeypatch):
    for name in "abc":
        Image.new("RGB", (10, 10)).save(tmp_path / f"{name}.png")
    monkeypatch.setattr("npdeconv.data.photos.LARGEST", 700)
    message = rf"^{tmp_path / 'c.png'}: expected photos of at most 700 bytes together, got 900 up to this"
    with pytest.raises(ValueError, match=message):
        load_photos(tmp_path)


def test_large_jpeg_files_are_decoded_at_a_smaller_size(tmp_path, monkeypatch):
    ramp = np.linspace(0, 255, 640).astype(np.uint8)
    (tmp_path / "only").mkdir()
    Image.fromarray(np.broadcast_to(ramp, (320, 640))).save(tmp_path / "only/x.jpg", quality=95)
    whole = load_folder(tmp_path, 40).images
    monkeypatch.setattr(pictures, "REDUCED_ABOVE", 0)
    with pictures.opened(tmp_path / "only/x.jpg", least=40) as picture:
        assert picture.size == (160, 80)  # a quarter: an eighth would be below twice 40
    assert np.abs(load_folder(tmp_path, 40).images.astype(int) - whole).max() <= 4
    assert load_photos(tmp_path / "only")[0].image.shape == (320, 640, 3)  # read at full size
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 640 * 320 * 2 // 3)  # Pillow itself refuses twice as many
    assert load_folder(tmp_path, 40).images.shape == (1, 40, 40, 3)
    with pytest.raises(ValueError, match=r"x.jpg: .*640x320 pixels, more than the limit of 136533\)$"):
        load_photos(tmp_path / "only")
