"""The unrolled network: its gradient, what it gives back, and what it refuses."""

import numpy as np
import pytest

from npdeconv.autoencoder import Autoencoder
from npdeconv.data import load_mnist, load_strokes
from npdeconv.gradcheck import check_gradients
from npdeconv.losses import sigmoid_cross_entropy
from npdeconv.visualize import project

STROKES = load_strokes(2200, seed=0).images


def squared_error(images, given_back):
    """Return the mean over images of the squared error of all their pixels, as the paper does."""
    return ((images / 255 - given_back) ** 2).sum(axis=(1, 2, 3)).mean()


def pca_error(train, test, components):
    """Return the same for the best linear code of as many numbers, from the principal components."""
    rows, new = ((images / 255).reshape(len(images), -1) for images in (train, test))
    mean = rows.mean(axis=0)
    directions = np.linalg.eigh(np.cov(rows.T))[1][:, -components:]
    back = mean + (new - mean) @ directions @ directions.T
    return squared_error(test, back.reshape(test.shape))


def test_finite_differences_of_the_unrolled_loss():
    rng = np.random.default_rng(0)
    one = Autoencoder((3, 2, 1), (5, 4, 2), rng=rng, dtype=np.float64)
    chain, x = one.network[:"pixels"], rng.random((7, 3, 2, 1))
    rows = x.reshape(7, 6)

    def loss():
        return sigmoid_cross_entropy(chain(x), rows)[0]

    logits, tape = chain.forward(x)
    _, gradients = chain.backward(sigmoid_cross_entropy(logits, rows)[1], tape)
    for name, array in chain.parameters.items():
        for at in np.ndindex(array.shape):
            kept, ends = array[at], []
            for step in (1e-5, -1e-5):
                array[at] = kept + step
                ends.append(loss())
            array[at] = kept
            assert gradients[name][at] == pytest.approx((ends[0] - ends[1]) / 2e-5, abs=1e-8), name
    assert check_gradients(one.network, x).passed


def test_layers_are_unrolled_in_order():
    network = Autoencoder((28, 28, 1), (64, 16, 4), rng=np.random.default_rng(0)).network
    dense = {name: array.shape for name, array in network.parameters.items() if array.ndim == 2}
    assert dense == {
        "up1.weight": (784, 64),
        "up2.weight": (64, 16),
        "code.weight": (16, 4),
        "down2.weight": (4, 16),
        "down1.weight": (16, 64),
        "pixels.weight": (64, 784),
    }


def test_pretrained_machines_are_unrolled():
    """The network passes up as the machines do, and down by the same weights, transposed."""
    rng = np.random.default_rng(0)
    one = Autoencoder((28, 28, 1), (20, 6), rng=rng)
    first, second = one.pretrain(STROKES[:200], epochs=1, rng=rng)
    v = STROKES[:200].reshape(200, -1).astype(np.float32) / 255
    h = second.hidden(first.hidden(v))
    np.testing.assert_allclose(one.encode(STROKES[:200]), h, atol=1e-4)
    back = first.visible(second.visible(h)).reshape(-1, 28, 28, 1)
    np.testing.assert_allclose(one.decode(h), back, atol=1e-5)


def test_strokes_are_given_back_better_than_by_pca_of_equal_size():
    rng = np.random.default_rng(0)
    train, test = STROKES[:2000], STROKES[2000:]
    one = Autoencoder((28, 28, 1), (128, 8), rng=rng)
    losses = one.fit(train, pretraining_epochs=5, epochs=12, batch_size=20, rng=rng)
    assert losses.shape == (12,)
    assert (np.diff(losses) < 0).all()
    error = squared_error(test, one.decode(one.encode(test)))
    assert error < 0.85 * pca_error(train, test, 8)


@pytest.mark.slow
def test_mnist_is_given_back_better_than_by_pca_of_equal_size(real_data):
    rng = np.random.default_rng(0)
    train, test = load_mnist("train").images, load_mnist("test").images
    one = Autoencoder((28, 28, 1), (500, 250, 30), rng=rng)
    one.fit(train, pretraining_epochs=3, epochs=5, rng=rng)
    error = squared_error(test, one.decode(one.encode(test)))
    assert pca_error(train, test, 30) == pytest.approx(13.9, abs=0.2)  # the paper's is 13.87
    assert error < 7


def test_pretraining_helps():
    """The same network from random weights is worse after the same fine-tuning."""
    errors = []
    for pretrained in (True, False):
        rng = np.random.default_rng(0)
        one = Autoencoder((28, 28, 1), (128, 64, 8), rng=rng)
        if pretrained:
            one.pretrain(STROKES[:1000], epochs=5, batch_size=20, rng=rng)
        one.fine_tune(STROKES[:1000], epochs=3, batch_size=20, rng=rng)
        errors.append(squared_error(STROKES[2000:], one.decode(one.encode(STROKES[2000:]))))
    assert errors[0] < 0.9 * errors[1]


def test_the_same_rng_gives_the_same_bits():
    codes = []
    for _ in range(2):
        rng = np.random.default_rng(5)
        one = Autoencoder((28, 28, 1), (30, 4), rng=rng)
        one.fit(STROKES[:150], pretraining_epochs=1, epochs=2, rng=rng)
        codes.append(one.encode(STROKES[:150]))
    np.testing.assert_array_equal(*codes)


def test_images_and_vectors_give_the_same():
    found = []
    for shape in ((28, 28, 1), (784,)):
        rng = np.random.default_rng(5)
        one = Autoencoder(shape, (30, 4), rng=rng)
        given = STROKES[:150].reshape(150, *shape)
        one.fit(given, pretraining_epochs=1, epochs=1, rng=rng)
        back = one.decode(one.encode(given))
        assert back.shape == given.shape
        found.append(back.reshape(150, -1))
    np.testing.assert_array_equal(*found)


def test_bytes_and_floats_give_the_same_codes_in_any_batch():
    one = Autoencoder((28, 28, 1), (30, 4), rng=np.random.default_rng(0))
    codes = one.encode(STROKES[:300])
    np.testing.assert_array_equal(one.encode(STROKES[:300].astype(np.float32) / np.float32(255)), codes)
    np.testing.assert_array_equal(one.encode(STROKES[299:300]), codes[299:])
    assert one.encode(STROKES[:0]).shape == (0, 4)
    assert one.decode(codes[:0]).shape == (0, 28, 28, 1)


def test_a_hidden_unit_of_the_first_layer_projects_to_its_weights():
    one = Autoencoder((28, 28, 1), (30, 4), rng=np.random.default_rng(0))
    result = project(one.network, STROKES[:3], "up1", 7)
    expected = result.activation[:, np.newaxis] * one.network["up1"].weight[:, 7]
    expected[result.silent] = 0
    np.testing.assert_allclose(result.pixels.reshape(3, -1), expected, atol=1e-6)


def test_hostile_input():
    rng = np.random.default_rng(0)
    one = Autoencoder((28, 28, 1), (30, 4), rng=rng)
    shape = r"expected images of shape \(N, 28, 28, 1\), got"
    with pytest.raises(ValueError, match=rf"^encode: {shape} an array of .* shape \(150, 784\)$"):
        one.encode(STROKES[:150].reshape(150, 784))
    with pytest.raises(ValueError, match=rf"^pretrain: {shape} 'digits'$"):
        one.pretrain("digits", rng=rng)
    with pytest.raises(ValueError, match=r"^fine_tune: expected pixels from 0 to 1, got 0 to 255$"):
        one.fine_tune(STROKES.astype(np.float32), rng=rng)
    with pytest.raises(TypeError, match=r"^as_input: expected uint8 or floating pixels, got .* int64 "):
        one.encode(STROKES.astype(np.int64))
    with pytest.raises(ValueError, match=r"^as_input: .* got NaN or infinity in image 0$"):
        one.encode(np.full((2, 28, 28, 1), np.nan, np.float32))
    for name in ("pretrain", "fine_tune"):
        with pytest.raises(ValueError, match=rf"^{name}: expected images to learn from, got none$"):
            getattr(one, name)(STROKES[:0], rng=rng)
    with pytest.raises(ValueError, match=r"^decode: expected floating codes of shape \(N, 4\), got .*3\)$"):
        one.decode(np.zeros((2, 3)))
    with pytest.raises(TypeError, match=r"^fine_tune: rng must be a numpy.random.Generator, got 3$"):
        one.fine_tune(STROKES, rng=3)
    with pytest.raises(ValueError, match=r"^fit: epochs must be at least 1, got 0$"):
        one.fit(STROKES, epochs=0, rng=rng)
    with pytest.raises(ValueError, match=r"^batch_indices: batch_size must be at least 1, got 0$"):
        one.fit(STROKES, batch_size=0, rng=rng)
    with pytest.raises(ValueError, match=r"^Autoencoder: expected input_shape and sizes .* and \(\)$"):
        Autoencoder((28, 28, 1), (), rng=rng)
    with pytest.raises(TypeError, match=r"^Autoencoder: sizes must be an integer, got 2.5$"):
        Autoencoder((28, 28, 1), (30, 2.5), rng=rng)
    with pytest.raises(TypeError, match=r"^Dense: rng must be a numpy.random.Generator, got 0$"):
        Autoencoder((28, 28, 1), (30,), rng=0)


def test_a_diverged_network_is_one_sentence():
    rng = np.random.default_rng(0)
    one = Autoencoder((28, 28, 1), (30, 4), rng=rng)
    one.network["code"].weight[...] = 3e38
    with pytest.raises(FloatingPointError, match=r"^fine_tune: expected a finite loss, got nan in epoch 1$"):
        one.fine_tune(STROKES[:200], epochs=2, rng=rng)
