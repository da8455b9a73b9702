"""Class activation maps: the identity, planted places, alignment, and networks without maps."""

import re

import numpy as np
import pytest

from npdeconv import models, weights
from npdeconv.anatomy import below_softmax
from npdeconv.data import as_input, load_photos
from npdeconv.layers import (
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool,
    GlobalMaxPool,
    ReLU,
    Sequential,
    Softmax,
)
from npdeconv.training import predict
from npdeconv.visualize import class_activation_maps, has_class_maps
from tests.cases import small_network
from tests.visualize.test_projection import CORNER, planted

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 20, 24, 3), np.uint8)


def random_cam_net(pool="average", dtype=np.float64):
    net = models.cam_net(pool=pool, input_shape=(20, 24, 3), rng=np.random.default_rng(1), dtype=dtype)
    rng = np.random.default_rng(2)
    for name, array in net.parameters.items():
        if name.endswith("bias"):
            array[...] = rng.normal(size=array.shape)
    return net


def test_with_average_pooling_the_logit_is_the_mean_of_its_map_plus_the_bias():
    net = random_cam_net()
    result = class_activation_maps(net, IMAGES, k=10)
    assert result.maps.shape == (5, 10, 5, 6)
    means = result.maps.mean(axis=(2, 3)) + result.bias
    np.testing.assert_allclose(result.logit, means, rtol=1e-12)
    logits = below_softmax(net)(as_input(IMAGES, np.float64))
    np.testing.assert_allclose(result.logit, np.take_along_axis(logits, result.labels, axis=1), rtol=1e-12)
    assert np.ptp(result.bias) > 0.5


def test_with_max_pooling_the_logit_is_not_the_mean():
    result = class_activation_maps(random_cam_net("max"), IMAGES)
    assert np.abs(result.logit - result.maps.mean(axis=(2, 3)) - result.bias).mean() > 0.5


def test_classes_are_given_by_name_or_number():
    net = random_cam_net()
    net.classes = tuple("abcdefghij")
    by_name, by_number = (class_activation_maps(net, IMAGES, labels=own) for own in (["d", 0], [3, 0]))
    assert by_name.labels.tolist() == [[3, 0]] * 5
    np.testing.assert_array_equal(by_name.maps, by_number.maps)
    with pytest.raises(KeyError, match=r"class_activation_maps: no class 'x'; the classes are a, b, c, d"):
        class_activation_maps(net, IMAGES, labels=["x"])


def test_without_a_dense_layer_the_last_maps_are_those_of_the_classes():
    rng = np.random.default_rng(0)
    layers = {"conv": Conv2D(3, 7, 3, rng=rng), "relu": ReLU(), "pool": GlobalAveragePool(), "p": Softmax()}
    net = Sequential(layers, input_shape=(20, 24, 3))
    result = class_activation_maps(net, IMAGES, labels=[4, 0])
    maps = net[:"relu"](as_input(IMAGES))
    np.testing.assert_array_equal(result.maps[:, 0], maps[..., 4])
    np.testing.assert_array_equal(result.maps[:, 1], maps[..., 0])
    np.testing.assert_allclose(result.logit, result.maps.mean(axis=(2, 3)), rtol=1e-5)
    assert not result.bias.any()


def test_the_most_likely_classes_come_first_and_others_on_request():
    net = random_cam_net()
    probabilities = predict(net, IMAGES)
    result = class_activation_maps(net, IMAGES, k=3)
    np.testing.assert_array_equal(result.labels, np.argsort(-probabilities, axis=1)[:, :3])
    np.testing.assert_allclose(result.probability, -np.sort(-probabilities, axis=1)[:, :3], rtol=1e-6)
    assert class_activation_maps(net, IMAGES, k=99).labels.shape == (5, 10)
    own = np.arange(5)[:, np.newaxis]
    each = class_activation_maps(net, IMAGES, labels=own)
    np.testing.assert_array_equal(each.labels, own)
    every = class_activation_maps(net, IMAGES, labels=np.arange(10))
    np.testing.assert_allclose(each.maps[3, 0], every.maps[3, 3], rtol=1e-12)
    np.testing.assert_allclose(each.probability[:, 0], probabilities[np.arange(5), np.arange(5)], rtol=1e-6)


def corner_network(pool):
    """Class 1 is a corner of a frame, anywhere; class 0 speaks against it."""
    conv = Conv2D(1, 1, 3, rng=np.random.default_rng(0), dtype=float)
    conv.weight[..., 0, 0], conv.bias[...] = CORNER, -3
    dense = Dense(1, 2, rng=np.random.default_rng(0), dtype=float)
    dense.weight[...], dense.bias[...] = [[-1, 2]], [0.5, -0.25]
    layers = {"conv": conv, "relu": ReLU(), "pool": pool, "dropout": Dropout(0.5), "logits": dense}
    return Sequential(layers, input_shape=(12, 12, 1))


@pytest.mark.parametrize("pool", [GlobalAveragePool(), GlobalMaxPool()])
@pytest.mark.parametrize(("top", "left"), [(0, 0), (2, 5), (7, 8)])
def test_the_planted_object_is_where_the_map_is_largest(pool, top, left):
    result = class_activation_maps(corner_network(pool), planted(top, left), labels=[1, 0])
    expected = np.zeros((10, 10))
    expected[top, left] = 2 * (5 - 3)
    np.testing.assert_allclose(result.maps[0, 0], expected)
    np.testing.assert_allclose(result.maps[0, 1], -expected / 2)
    assert result.bias[0].tolist() == [-0.25, 0.5]
    # In pixels, the largest value stands in the middle of the corner.
    assert result.upsampled[0, 0, top + 1, left + 1] == result.upsampled[0, 0].max() == 4
    pooled = 4 / (100 if isinstance(pool, GlobalAveragePool) else 1)
    assert result.logit[0, 0] == pytest.approx(pooled - 0.25)


def test_upsampling_is_linear_between_centers_of_receptive_fields():
    conv = Conv2D(1, 1, 4, stride=4, rng=np.random.default_rng(0), dtype=float)
    conv.weight[...] = 1 / 16
    net = Sequential({"conv": conv, "pool": GlobalAveragePool()}, input_shape=(8, 13, 1))
    image = np.zeros((1, 8, 13, 1))
    image[0, :, 4:8] = 1  # seen by the second of three units of a row; no unit sees the last column
    result = class_activation_maps(net, image, labels=[0])
    assert result.maps[0, 0].tolist() == [[0, 1, 0], [0, 1, 0]]
    row = [0, 0, 0.125, 0.375, 0.625, 0.875, 0.875, 0.625, 0.375, 0.125, 0, 0, 0]
    np.testing.assert_allclose(result.upsampled[0, 0], [row] * 8)


def test_any_number_of_workers_gives_the_same_bits_and_no_images_give_none():
    net = random_cam_net(dtype=np.float32)
    images = np.random.default_rng(0).integers(0, 256, (40, 20, 24, 3), np.uint8)
    one, two = (class_activation_maps(net, images, workers=workers) for workers in (1, 2))
    for left, right in zip(one, two, strict=True):
        np.testing.assert_array_equal(left, right)
    alone = class_activation_maps(net, images[33:34])
    np.testing.assert_allclose(alone.maps[0], one.maps[33], atol=1e-5)
    assert class_activation_maps(net, images[:0]).upsampled.shape == (0, 5, 20, 24)


def test_networks_without_class_maps_are_refused_in_a_sentence():
    net = small_network(float)
    message = (
        "class_activation_maps: expected a network that ends in global pooling and at most one dense layer,"
        " Sequential ends in 'flatten', 'dense1', 'relu_dense1', 'logits'"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        class_activation_maps(net, IMAGES)
    rng = np.random.default_rng(0)
    two = {"pool": GlobalAveragePool(), "dense": Dense(3, 4, rng=rng), "logits": Dense(4, 2, rng=rng)}
    chains = [two, {"pool": GlobalAveragePool()}, {"flatten": Flatten(), "logits": Dense(1440, 2, rng=rng)}]
    for layers in chains:
        assert not has_class_maps(Sequential(layers))
    assert not has_class_maps(models.deck_model3(rng=rng))
    for pool in "average", "max":
        assert has_class_maps(random_cam_net(pool))
    assert has_class_maps(corner_network(GlobalMaxPool()))


def test_bad_requests():
    net = random_cam_net()
    with pytest.raises(IndexError, match=r"^class_activation_maps: there are the classes 0 to 9, got 10$"):
        class_activation_maps(net, IMAGES, labels=[0, 10])
    message = r"^class_activation_maps: labels must be several integers, or several for each of 5 images, got"
    for classes in (3, [0.5], np.zeros((4, 2), int)):
        with pytest.raises(TypeError, match=message):
            class_activation_maps(net, IMAGES, labels=classes)
    with pytest.raises(ValueError, match=r"^class_activation_maps: k must be at least 1, got 0$"):
        class_activation_maps(net, IMAGES, k=0)
    with pytest.raises(ValueError, match=r"^class_activation_maps: expected images of shape \(N, H, W, C\)"):
        class_activation_maps(net, IMAGES[0])


@pytest.mark.parametrize("name", ["squeezenet_imagenet", "tiny_darknet_imagenet"])
def test_pretrained_networks_have_exact_maps(real_data, name):
    """Their last convolution has one map per class; the zebra's map lies on the zebra, not on the rock."""
    pretrained = weights.load_card(real_data / "weights" / f"{name}.json")
    (photo,) = load_photos(real_data / "photos" / "zebra.jpg")
    images = pretrained.preprocessing.fit([photo.image])
    result = class_activation_maps(pretrained.on_pixels(), images)
    assert pretrained.classes[result.labels[0, 0]] == "zebra"
    assert not result.bias.any()
    np.testing.assert_allclose(result.logit, result.maps.mean(axis=(2, 3)), rtol=1e-4)
    zebra = result.upsampled[0, 0]
    assert zebra[20:110, 110:200].mean() > 3 * zebra[170:, 80:140].mean()
