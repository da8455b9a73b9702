"""Photos of any size become a network's input, and its input pixels again."""

import numpy as np
import pytest
from PIL import Image

from npdeconv.data import Preprocessing, fit_photo

CAFFE = Preprocessing(227, shorter_side=256, scale=1, mean=(123, 117, 104))
RNG = np.random.default_rng(0)


def smooth(height, width):
    """Return a photo with red growing to the right, green growing downwards, and constant blue."""
    photo = np.full((height, width, 3), 50, np.uint8)
    photo[..., 0] = np.linspace(0, 255, width)
    photo[..., 1] = np.linspace(0, 255, height)[:, np.newaxis]
    return photo


def test_photos_of_any_size_become_one_batch():
    inputs = CAFFE.apply([smooth(300, 400), smooth(500, 100), smooth(1, 3), smooth(227, 227)])
    assert inputs.shape == (4, 227, 227, 3)
    assert inputs.dtype == np.float32
    assert np.allclose(inputs[..., 2], 50 - 104)


@pytest.mark.parametrize("shape", [(300, 400), (400, 300), (256, 257), (600, 256)])
def test_the_center_is_cut_out_of_the_scaled_photo(shape):
    photo = smooth(*shape)
    scale = 256 / min(shape)
    # The same in two steps; the first rounds the longer side to whole pixels.
    whole = Image.fromarray(photo).resize((round(shape[1] * scale), round(shape[0] * scale)), Image.LANCZOS)
    left, top = (whole.width - 224) / 2, (whole.height - 200) / 2
    expected = np.asarray(whole.crop((round(left), round(top), round(left) + 224, round(top) + 200)))
    assert np.abs(fit_photo(photo, (200, 224), 256).astype(int) - expected).max() <= 2


def test_whole_photos_are_stretched():
    photo = smooth(40, 90)
    corners = Preprocessing((20, 10)).fit([photo])[0][[0, 0, -1, -1], [0, -1, 0, -1]]
    assert np.abs(corners[:, 0].astype(int) - [12, 243, 12, 243]).max() <= 3  # means of nine columns
    assert np.abs(corners[:, 1].astype(int) - [3, 3, 252, 252]).max() <= 3


def test_photos_of_the_right_size_stay_as_they_are():
    photos = RNG.integers(0, 256, (2, 8, 6, 3), np.uint8)
    assert np.array_equal(Preprocessing((8, 6)).fit(photos), photos)
    assert np.array_equal(
        Preprocessing((8, 6)).apply(photos), photos.astype(np.float32) * np.float32(1 / 255)
    )


def test_the_formula_by_hand():
    photo = np.array([[[100, 50, 200]]], np.uint8)
    torch = Preprocessing(1, scale=0.01, mean=(0.5, 0.25, 1), std=(0.5, 0.125, 2))
    assert np.allclose(torch.apply([photo])[0, 0, 0], [1, 2, 0.5])


def test_bgr_has_the_same_numbers_in_reverse():
    photos = RNG.integers(0, 256, (2, 8, 6, 3), np.uint8)
    settings = {"scale": 1, "mean": (123, 117, 104), "std": (1, 2, 3)}
    rgb, bgr = (Preprocessing((8, 6), channels=order, **settings) for order in ("RGB", "BGR"))
    assert np.array_equal(bgr.apply(photos), rgb.apply(photos)[..., ::-1])
    assert bgr.apply(photos).flags.c_contiguous


@pytest.mark.parametrize("channels", ["RGB", "BGR"])
@pytest.mark.parametrize("settings", [{}, {"scale": 1, "mean": (123, 117, 104)}, {"mean": 0.45, "std": 0.22}])
def test_inverting_gives_the_pixels_back(channels, settings):
    photos = RNG.integers(0, 256, (2, 8, 6, 3), np.uint8)
    card = Preprocessing((8, 6), channels=channels, **settings)
    assert np.array_equal(card.invert(card.apply(photos)), photos)


def test_inverting_clips_to_pixel_values():
    assert Preprocessing(1).invert(np.array([[[[-1, 0.5, 7]]]])).tolist() == [[[[0, 128, 255]]]]


def test_gray_networks_take_color_and_color_networks_take_gray():
    color, gray = np.full((5, 5, 3), (255, 0, 0), np.uint8), np.full((5, 5, 1), 7, np.uint8)
    assert Preprocessing(3, channels="gray").fit([color, gray])[:, 0, 0].tolist() == [[76], [7]]  # BT.601
    assert Preprocessing(3).fit([color, gray])[:, 0, 0].tolist() == [[255, 0, 0], [7, 7, 7]]


def test_a_very_long_photo_takes_little_memory():
    photo = np.zeros((1, 500_000, 3), np.uint8)  # scaled as a whole: 256 x 128,000,000 pixels
    assert CAFFE.fit([photo]).shape == (1, 227, 227, 3)


def test_no_photos():
    assert CAFFE.apply([]).shape == (0, 227, 227, 3)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"size": 0}, ValueError, "size must be at least 1, got 0$"),
        (
            {"shorter_side": 7},
            ValueError,
            "shorter_side must be at least the size to cut out, 8x6, got 7$",
        ),
        ({"shorter_side": 2.5}, TypeError, "shorter_side must be an integer, got 2.5$"),
        ({"mean": (1, 2)}, ValueError, r"mean must be one finite number or 3, got \(1, 2\)$"),
        ({"mean": np.nan}, ValueError, "mean must be one finite number or 3, got nan$"),
        ({"mean": "red"}, TypeError, "mean must be numbers, got 'red'$"),
        ({"std": 0}, ValueError, r"scale and std must be above 0, got 0.00\d+ and \(0.0, 0.0, 0.0\)$"),
        ({"scale": 0}, ValueError, r"scale and std must be above 0, got 0 and \(1.0, 1.0, 1.0\)$"),
        ({"scale": "1"}, TypeError, "scale must be a number, got '1'$"),
        (
            {"channels": "grey"},
            ValueError,
            r"channels must be one of RGB, BGR, gray, got 'grey' \(did you mean 'gray'\?\)$",
        ),
    ],
)
def test_invalid_settings(settings, error, message):
    with pytest.raises(error, match=f"^Preprocessing: {message}"):
        Preprocessing(**{"size": (8, 6)} | settings)


@pytest.mark.parametrize(
    ("photo", "error", "message"),
    [
        (np.zeros((4, 4, 3)), TypeError, "expected a photo of dtype uint8, got an array of dtype float64"),
        ([[0]], TypeError, r"expected a photo of dtype uint8, got \[\[0\]\]$"),
        (np.zeros((4, 4), np.uint8), ValueError, r"expected a photo of shape .*, got \(4, 4\)$"),
        (np.zeros((4, 4, 4), np.uint8), ValueError, r"expected a photo of shape .*, got \(4, 4, 4\)$"),
        (np.zeros((0, 4, 3), np.uint8), ValueError, r"expected a photo of shape .*, got \(0, 4, 3\)$"),
    ],
)
def test_invalid_photos(photo, error, message):
    with pytest.raises(error, match=f"^fit_photo: {message}"):
        CAFFE.apply([photo])


@pytest.mark.parametrize("images", [np.zeros((1, 9, 9, 3), np.uint8), np.zeros((1, 227, 227, 3)), None])
def test_only_fitted_pixels_are_normalized(images):
    with pytest.raises(ValueError, match=r"^Preprocessing: expected uint8 images \(N, 227, 227, 3\), got"):
        CAFFE.normalize(images)
