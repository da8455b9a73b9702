"""Augmentations: worked examples on tiny images, and unchanged inputs."""

import numpy as np
import pytest

from npdeconv.data import compose, crop, flip, shift, tint, warp

BATCH = np.arange(1, 25, dtype=np.uint8).reshape(2, 3, 4, 1)
BATCH.flags.writeable = False  # an augmentation that wrote into its input would raise


def many(image, count=400):
    return np.repeat(np.array(image, np.uint8)[np.newaxis, :, :, np.newaxis], count, axis=0)


def outcomes(images):
    """Count the different resulting pictures."""
    pictures, counts = np.unique(images[..., 0], axis=0, return_counts=True)
    return {str(picture.tolist()): int(count) for picture, count in zip(pictures, counts, strict=True)}


def test_shift_of_a_row_by_one():
    seen = outcomes(shift(1, fill=9)(many([[1, 2]], 900), np.random.default_rng(0)))
    # Shifted up or down, the only row leaves the image: 6 of the 9 shifts are all fill.
    assert set(seen) == {"[[1, 2]]", "[[2, 9]]", "[[9, 1]]", "[[9, 9]]"}
    assert 520 < seen.pop("[[9, 9]]") < 680
    assert all(60 < count < 140 for count in seen.values())


def test_shift_of_a_square():
    seen = outcomes(shift(1)(many([[1, 2], [3, 4]]), np.random.default_rng(0)))
    assert set(seen) == {
        *("[[1, 2], [3, 4]]", "[[2, 0], [4, 0]]", "[[0, 1], [0, 3]]", "[[3, 4], [0, 0]]", "[[0, 0], [1, 2]]"),
        *("[[4, 0], [0, 0]]", "[[0, 3], [0, 0]]", "[[0, 0], [2, 0]]", "[[0, 0], [0, 1]]"),
    }


def test_flip_mirrors_half_of_the_images():
    seen = outcomes(flip()(many([[1, 2, 3], [4, 5, 6]]), np.random.default_rng(0)))
    assert set(seen) == {"[[1, 2, 3], [4, 5, 6]]", "[[3, 2, 1], [6, 5, 4]]"}
    assert all(150 < count < 250 for count in seen.values())


def test_crop_cuts_every_window():
    seen = outcomes(crop((1, 2))(many([[1, 2, 3], [4, 5, 6]]), np.random.default_rng(0)))
    assert set(seen) == {"[[1, 2]]", "[[2, 3]]", "[[4, 5]]", "[[5, 6]]"}
    assert all(60 < count < 140 for count in seen.values())


def test_crop_of_the_whole_is_the_image():
    assert np.array_equal(crop((3, 4))(BATCH, np.random.default_rng(0)), BATCH)


def test_compose_applies_from_first_to_last():
    both = compose(shift(1, fill=7), crop(2))(BATCH, np.random.default_rng(0))
    rng = np.random.default_rng(0)
    assert np.array_equal(both, crop(2)(shift(1, fill=7)(BATCH, rng), rng))
    assert compose()(BATCH, rng) is BATCH


@pytest.mark.parametrize("augment", [shift(2), flip(), crop(3), compose(flip(), shift(1))])
def test_channels_stay_together_and_images_differ(augment):
    batch = np.random.default_rng(0).integers(0, 256, (50, 5, 6, 1), dtype=np.uint8)
    colors = np.concatenate([batch, 255 - batch], axis=3)
    varied = augment(colors, np.random.default_rng(1))
    assert varied.dtype == np.uint8
    assert not np.shares_memory(varied, colors)
    empty = (varied == 0).all(axis=3)  # fill
    assert np.array_equal(varied[..., 1][~empty], 255 - varied[..., 0][~empty])
    assert np.array_equal(varied, augment(colors, np.random.default_rng(1)))
    assert not np.array_equal(varied, augment(colors, np.random.default_rng(2)))


@pytest.mark.parametrize("augment", [shift(2), flip(), crop(3)])
def test_no_images_stay_no_images(augment):
    assert len(augment(BATCH[:0], np.random.default_rng(0))) == 0


@pytest.mark.parametrize(("augment", "name"), [(shift(1), "shift"), (flip(), "flip"), (crop(1), "crop")])
def test_only_uint8_batches(augment, name):
    rng = np.random.default_rng(0)
    with pytest.raises(TypeError, match=f"^{name}: expected dtype uint8, got float64$"):
        augment(BATCH / 255, rng)
    with pytest.raises(ValueError, match=rf"^{name}: expected shape \(N, any, any, any\), got \(3, 4, 1\)$"):
        augment(BATCH[0], rng)


def test_bad_arguments():
    with pytest.raises(ValueError, match=r"^shift: max_pixels must be at least 1, got 0$"):
        shift(0)
    with pytest.raises(ValueError, match=r"^shift: fill must be a pixel value from 0 to 255, got 256$"):
        shift(1, fill=256)
    with pytest.raises(TypeError, match=r"^shift: fill must be an integer, got 0.5$"):
        shift(1, fill=0.5)
    with pytest.raises(ValueError, match=r"^crop: size must be at least 1, got 0$"):
        crop(0)
    with pytest.raises(ValueError, match=r"^crop: expected images of at least 4x4 pixels, got 3x4$"):
        crop(4)(BATCH, np.random.default_rng(0))


def test_augmentations_show_how_they_were_made():
    both = compose(flip(), shift(np.int64(2)))
    assert repr(both) == "compose(flip(), shift(2, fill=0))"
    assert repr(crop((24, 20))) == "crop((24, 20))"
    assert repr(warp(20, 1.2, 0.1, fill=255)) == "warp(20, 1.2, 0.1, fill=255)"
    assert repr(tint(1.5, 1.2)) == "tint(1.5, 1.2, white=255)"
