"""Correspondence: worked by hand, with planted truths, and exactly 0 where nothing changes."""

import numpy as np
import pytest

from npdeconv.layers import Conv2D, Dense, Flatten, GlobalMaxPool, ReLU, Sequential
from npdeconv.models import deck_model4
from npdeconv.visualize import Box, correspondence, layer_features, occlude_box
from npdeconv.visualize.correspondence import _compare_signs

RNG = np.random.default_rng(5)
NOISE = RNG.integers(1, 256, (6, 28, 28, 1), dtype=np.uint8)
BOXES = np.stack([np.arange(6), np.arange(6) + 8, 2 * np.arange(6), 2 * np.arange(6) + 5], axis=1)


def rng():
    return np.random.default_rng(0)


def differences():
    """A dense network of 2x2 pixels: features a - b, c, and 5, which no pixel reaches."""
    dense = Dense(4, 3, rng=rng(), dtype=np.float64)
    dense.weight[...] = [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, 0, 0]]
    dense.bias[...] = [0, 0, 5]
    return Sequential({"flatten": Flatten(), "dense": dense}, input_shape=(2, 2, 1), name="differences")


def test_worked_by_hand():
    # Pixels ab / cd; black hides ab. In image 0, a - b changes from 4 - 1 = 3 to 0: eps = (3, 0, 0);
    # in image 1 from 1 - 4 to 0, (-3, 0, 0); in image 2 from 2 - 2 to 0, (0, 0, 0). Two images differ in one
    # feature of three: 1/3 for each of six ordered pairs, and their sum is 2.
    images = np.array([[[4, 1], [7, 7]], [[1, 4], [8, 8]], [[2, 2], [9, 9]]], float)[..., np.newaxis]
    boxes = np.tile([0, 1, 0, 2], (3, 1))
    result = correspondence(
        differences(), images, ["dense"], parts={"top": boxes}, fill="black", draws=1, rng=rng()
    )
    assert result.features.tolist() == [3]
    np.testing.assert_allclose(result.distance, np.full((1, 1, 1, 3), 1 / 3))
    np.testing.assert_allclose(result.mean, [[[1 / 3]]])
    np.testing.assert_allclose(result.total, [[[2]]])
    np.testing.assert_allclose(result.changed[0, 0, 0], [1 / 3, 1 / 3, 0])


def test_signs_of_three_values_by_hand():
    signs = np.array([[1, 0, -1, 0], [1, 1, -1, 0], [0, 0, 1, 0], [0, 0, 0, 0]], np.int8)
    distance, changed = _compare_signs(signs, 4)
    # 0-1: 1 of 4 differs; 0-2: 2; 0-3: 2; 1-2: 3; 1-3: 3; 2-3: 1
    np.testing.assert_allclose(distance, np.array([5, 7, 6, 6]) / 4 / 3)
    np.testing.assert_allclose(changed, [0.5, 0.75, 0.25, 0])
    np.testing.assert_allclose(_compare_signs(signs, 2)[0], [0.25, 0.25, 0.25, 0.25])


def test_an_independent_computation():
    net = deck_model4(rng=rng())
    result = correspondence(
        net, NOISE, ["conv2", "relu4", "logits"], parts={"a": BOXES}, group_size=3, draws=2, rng=rng()
    )
    hidden = np.stack([occlude_box(x, Box(*box)) for x, box in zip(NOISE, BOXES.tolist(), strict=True)])
    for n, layer in enumerate(result.layers):
        before, after = (layer_features(net, x, [layer])[layer] for x in (NOISE, hidden))
        signs = [np.sign(row) for row in before - after]
        for g, group in enumerate((signs[:3], signs[3:])):
            total = sum(
                (group[i] != group[j]).sum() / len(group[i]) for i in range(3) for j in range(3) if i != j
            )
            np.testing.assert_allclose(result.total[n, 0, g], total)
            np.testing.assert_allclose(result.mean[n, 0, g], total / 6)
        np.testing.assert_allclose(result.changed[n, 0].ravel(), [(row != 0).mean() for row in signs])


def test_what_the_hidden_part_does_not_reach_is_unchanged_to_the_last_bit():
    """A 3x3 convolution, then another: a box of 4x4 reaches 8x8 of 20x20 positions, and no further."""
    layers = {"conv1": Conv2D(3, 4, 3, padding="same", rng=rng()), "relu1": ReLU()}
    layers |= {"conv2": Conv2D(4, 7, 3, padding="same", rng=rng())}
    net = Sequential(layers, input_shape=(20, 20, 3))
    images = np.random.default_rng(1).integers(0, 256, (5, 20, 20, 3), dtype=np.uint8)
    boxes = np.array([[8, 12, 8, 12]] * 5)
    result = correspondence(net, images, ["conv1", "conv2"], parts={"middle": boxes}, draws=1, rng=rng())
    assert (result.changed[0] <= 36 / 400).all()
    assert (result.changed[1] <= 64 / 400).all()
    assert (result.changed[1] > 50 / 400).all()


@pytest.mark.parametrize("fill", ["gray", "mean", "black", "blur"])
def test_what_shows_already_what_hides_it_changes_nothing(fill):
    """Blank images, and for gray those in mid-gray: exactly 0, at every layer."""
    images = np.full((4, 28, 28, 1), {"gray": 128, "black": 0}.get(fill, 77), np.uint8)
    net = deck_model4(rng=rng())
    result = correspondence(
        net, images, ["relu1", "relu4", "logits"], parts={"a": BOXES[:4]}, fill=fill, draws=2, rng=rng()
    )
    for found in (result.distance, result.changed, result.random_distance, result.random_changed):
        assert not found.any()


def test_equal_images_agree_wholly_though_they_change():
    images = np.repeat(NOISE[:1], 3, axis=0)
    result = correspondence(
        deck_model4(rng=rng()), images, ["relu4"], parts={"a": BOXES[[2, 2, 2]]}, draws=2, rng=rng()
    )
    assert not result.distance.any()
    assert result.changed.all()
    assert result.random_distance.any()  # other places in each


def test_mirrored_parts_of_a_symmetric_image_change_mirrored_features():
    """The network is symmetric, too: a part on the right does to the pooled maps what it does on the left."""
    half = NOISE[0, :, :14]
    image = np.concatenate([half, half[:, ::-1]], axis=1)
    conv = Conv2D(1, 6, 3, rng=rng(), dtype=np.float64)
    conv.weight[...] += conv.weight[:, ::-1]
    net = Sequential({"conv": conv, "relu": ReLU(), "pool": GlobalMaxPool()})
    left = np.array([3, 12, 2, 9])
    right = np.array([3, 12, 28 - 9, 28 - 2])
    result = correspondence(
        net,
        np.stack([image, image]),
        ["conv", "pool"],
        parts={"a": np.stack([left, right])},
        draws=1,
        rng=rng(),
    )
    assert result.distance[0].all()  # at other positions
    assert not result.distance[1].any()
    assert result.changed[0].any()


def planted(count=8):
    """Images with a checkerboard anywhere on noise, and a network whose unit reads the checkerboard alone."""
    gen = np.random.default_rng(3)
    board = np.indices((4, 4)).sum(axis=0) % 2
    images = gen.integers(100, 156, (count, 24, 24, 1), dtype=np.uint8)
    corners = gen.integers(0, 21, (count, 2))
    for image, (row, column) in zip(images, corners, strict=True):
        image[row : row + 4, column : column + 4, 0] = 255 * board
    conv = Conv2D(1, 1, 4, rng=rng())
    conv.weight[..., 0, 0] = 2 * board - 1
    conv.bias[...] = -4  # the board gives 8, and noise less than 2
    net = Sequential({"conv": conv, "relu": ReLU(), "pool": GlobalMaxPool()}, input_shape=(24, 24, 1))
    boxes = np.stack([corners[:, 0], corners[:, 0] + 4, corners[:, 1], corners[:, 1] + 4], axis=1)
    return net, images, boxes


def test_a_network_that_reads_one_part_is_found():
    net, images, boxes = planted()
    result = correspondence(net, images, ["pool"], parts={"board": boxes}, draws=30, rng=rng())
    assert not result.distance.any()  # every image loses the unit
    assert (result.changed == 1).all()
    hits = result.random_changed.mean()
    assert 0 < hits < 0.5  # random boxes often miss it
    assert result.random_mean.mean() > 0.1


def test_random_boxes_have_the_parts_sizes_and_lie_within():
    within = np.array([[10, 25, 4, 20]] * 6)
    many = {"a": BOXES, "b": BOXES + np.array([0, 4, 0, 3])}
    result = correspondence(
        deck_model4(rng=rng()), NOISE, ["relu1"], parts=many, within=within, draws=40, rng=rng()
    )
    assert result.random_boxes.shape == (2, 40, 6, 4)
    for p, boxes in enumerate(many.values()):
        top, bottom, left, right = result.random_boxes[p].transpose(2, 0, 1)
        assert (bottom - top == boxes[:, 1] - boxes[:, 0]).all()
        assert (right - left == boxes[:, 3] - boxes[:, 2]).all()
        assert top.min() == 10
        assert bottom.max() == 25
        assert left.min() == 4
        assert right.max() == 20
    far = np.array([[26, 28, 26, 28]] * 6)  # smaller than the parts
    result = correspondence(
        deck_model4(rng=rng()), NOISE, ["relu1"], parts={"a": BOXES}, within=far, draws=3, rng=rng()
    )
    assert (result.random_boxes[..., 1] == 28).all()


def test_boxes_of_unsigned_integers_are_like_others():
    """Boxes larger than where they should lie: the difference of the sizes is negative."""
    large, within = (np.tile(np.array(box, np.uint8), (4, 1)) for box in ((2, 18, 0, 28), (3, 12, 3, 12)))
    small, wide, signed = (
        correspondence(
            deck_model4(rng=rng()), NOISE[:4], ["relu1"], parts=parts, within=around, draws=3, rng=rng()
        )
        for parts, around in (
            ({"a": large}, within),
            ({"a": large.astype(np.uint64)}, within.astype(np.uint64)),
            ({"a": large.astype(int)}, within.astype(int)),
        )
    )
    for one in (small, wide):
        np.testing.assert_array_equal(one.random_boxes, signed.random_boxes)
        np.testing.assert_array_equal(one.distance, signed.distance)


def test_aligned_boxes_lie_at_one_place_in_a_group():
    same = np.array([[3, 10, 4, 9]] * 6)
    net = deck_model4(rng=rng())
    ask = {"parts": {"a": same}, "group_size": 3, "draws": 9}
    boxes = correspondence(net, NOISE, ["relu1"], **ask, aligned=True, rng=rng()).random_boxes[0]
    assert (boxes[:, :3] == boxes[:, :1]).all()
    assert (boxes[:, 3:] == boxes[:, 3:4]).all()
    assert (boxes[:, 0] != boxes[:, 3]).any()
    apart = correspondence(net, NOISE, ["relu1"], **ask, rng=rng()).random_boxes[0]
    assert (apart[:, 0] != apart[:, 1]).any()


def test_any_number_of_workers_gives_the_same():
    net = deck_model4(rng=rng())
    ask = {"parts": {"a": BOXES}, "draws": 2}
    one, two = (correspondence(net, NOISE, ["relu2", "logits"], **ask, rng=rng(), workers=n) for n in (1, 2))
    for name, array in one._asdict().items():
        np.testing.assert_array_equal(array, getattr(two, name))


@pytest.mark.parametrize(
    ("given", "kind", "said"),
    [
        ({"parts": BOXES}, TypeError, "parts must be a mapping of names to boxes, got an array"),
        ({"parts": {}}, TypeError, "parts must be a mapping of names to boxes, got {}"),
        ({"parts": {"a": BOXES[:5]}}, TypeError, "part 'a' must have a box of four integers for each image"),
        ({"parts": {"a": BOXES / 2}}, TypeError, "part 'a' must have a box of four integers for each image"),
        (
            {"parts": {"a": BOXES + np.array([0, 20, 0, 0])}},
            ValueError,
            r"expected boxes inside the images of 28x28, got \(1, 29, 2, 7\) as part 'a' of image 1",
        ),
        ({"within": BOXES - 1}, ValueError, r"expected boxes inside the images of 28x28, got .* as within"),
        ({"group_size": 4}, ValueError, "expected whole groups of at least two images, got 6 images by 4"),
        ({"group_size": 1}, ValueError, "expected whole groups of at least two images, got 6 images by 1"),
        ({"draws": 0}, ValueError, "draws must be at least 1, got 0"),
        ({"rng": 0}, TypeError, "rng must be a numpy.random.Generator, got 0"),
    ],
)
def test_what_does_not_fit_is_refused(given, kind, said):
    ask = {"parts": {"a": BOXES}, "rng": rng()} | given
    with pytest.raises(kind, match=f"^correspondence: {said}"):
        correspondence(deck_model4(rng=rng()), NOISE, ["relu1"], **ask)
    with pytest.raises(KeyError, match="relu9"):
        correspondence(deck_model4(rng=rng()), NOISE, ["relu9"], parts={"a": BOXES}, rng=rng())
