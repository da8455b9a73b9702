"""Training learns, with the same bits for any number of workers, and predict uses the result."""

import math

import numpy as np
import pytest

from npdeconv.data import Dataset
from npdeconv.layers import Dense, Flatten, Sequential
from npdeconv.optimizers import SGD, FilterRenormalization
from npdeconv.training import Step, evaluate, predict, train
from tests.tiny import CLASSES, assert_same_bits, copy_of, fitted, tiny_dataset, tiny_network, trained


def test_a_tiny_network_learns():
    network, test = tiny_network(), tiny_dataset(90, seed=1)
    accuracy, loss = evaluate(network, test)
    history = fitted(network, epochs=8, augment=None)
    assert history["loss"][-1] < history["loss"][0] / 3
    learned_accuracy, learned_loss = evaluate(network, test)
    assert accuracy < 0.7
    assert learned_accuracy > 0.95
    assert learned_loss < loss / 2


@pytest.mark.parametrize("workers", [2, 3])
def test_the_number_of_workers_changes_no_bit(workers):
    alone, steps_alone = trained(workers=1)
    together, steps = trained(workers=workers)
    assert_same_bits(together.parameters, alone.parameters)
    assert steps == steps_alone


def test_a_seed_decides_everything():
    first, again, other = trained(seed=1)[0], trained(seed=1)[0], trained(seed=2)[0]
    assert_same_bits(again.parameters, first.parameters)
    for name, array in other.parameters.items():
        assert (array != first.parameters[name]).any(), name


def test_shards_draw_different_noise():
    # With the same dropout in both shards, the two halves of this batch would be equal.
    image = tiny_dataset(1)
    repeated = Dataset(np.repeat(image.images, 32, axis=0), np.repeat(image.labels, 32), CLASSES, "one")
    network, losses = tiny_network(dropout=0.5), []
    for count in (16, 32):
        (step,) = train(
            tiny_network(dropout=0.5),
            repeated[:count],
            SGD(0),
            epochs=1,
            batch_size=32,
            rng=np.random.default_rng(0),
        )
        losses.append(step.loss)
    assert losses[0] != losses[1]
    assert evaluate(network, repeated)[1] not in losses


def test_a_step_is_the_gradient_of_the_whole_batch():
    """37 images are three shards of uneven size; here they are one pass."""
    dataset, network, twin = tiny_dataset(37), tiny_network(dropout=0), tiny_network(dropout=0)
    (step,) = train(network, dataset, SGD(0.5), epochs=1, batch_size=64, rng=np.random.default_rng(0))

    x = (dataset.images / 255).astype(np.float32)
    chain = twin[:"logits"]
    logits, tape = chain.forward(x)
    exponentials = np.exp(logits.astype(np.float64))
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
    right = probabilities[np.arange(37), dataset.labels]
    dlogits = (probabilities - np.eye(3)[dataset.labels]) / 37
    _, gradients = chain.backward(dlogits.astype(np.float32), tape)

    assert step.loss == pytest.approx(-np.log(right).mean(), rel=1e-5)
    assert step.correct == (logits.argmax(axis=1) == dataset.labels).sum()
    for name, array in twin.parameters.items():
        np.testing.assert_allclose(network.parameters[name], array - 0.5 * gradients[name], atol=1e-6)


def test_steps_have_their_epoch_and_index():
    _, steps = trained(dataset=tiny_dataset(70), epochs=2)
    assert all(isinstance(step, Step) for step in steps)
    places = [(step.epoch, step.index, step.steps, step.count) for step in steps]
    assert places == [(e, i, 3, count) for e in (1, 2) for i, count in ((1, 32), (2, 32), (3, 6))]
    assert all(0 <= step.correct <= step.count and 0 < step.loss < 10 for step in steps)


def test_every_image_comes_once_an_epoch_in_a_new_order():
    images = np.arange(20, dtype=np.uint8).reshape(20, 1, 1, 1)
    dataset = Dataset(images, np.zeros(20, int), ("a", "b"), "numbers")
    network = Sequential({"flatten": Flatten(), "dense": Dense(1, 2, rng=np.random.default_rng(0))})
    seen = []

    def watch(batch, rng):
        seen.extend(batch.ravel().tolist())
        return batch

    list(train(network, dataset, SGD(0), epochs=3, batch_size=7, rng=np.random.default_rng(0), augment=watch))
    epochs = [seen[:20], seen[20:40], seen[40:]]
    assert all(sorted(order) == list(range(20)) for order in epochs)
    assert len({tuple(order) for order in epochs}) == 3


def test_the_learning_rate_may_change_between_steps():
    network, optimizer = tiny_network(), SGD(0.1)
    steps = train(network, tiny_dataset(), optimizer, epochs=1, batch_size=32, rng=np.random.default_rng(0))
    next(steps)
    after_one = copy_of(network.parameters)
    optimizer.learning_rate = 0.0
    next(steps)
    assert_same_bits(network.parameters, after_one)
    optimizer.learning_rate = 0.1
    next(steps)
    assert (network["logits"].weight != after_one["logits.weight"]).any()


def test_the_constraint_is_called_after_each_step():
    calls = []
    trained(constraint=lambda parameters: calls.append(list(parameters)))
    assert calls == [list(tiny_network().parameters)] * 6

    network, _ = trained(constraint=FilterRenormalization(0.05))
    sizes = np.sqrt((network["conv1"].weight ** 2).mean(axis=(0, 1, 2)))
    assert sizes.max() <= 0.05 * (1 + 1e-6)


def test_a_network_without_softmax_is_trained_alike():
    with_softmax, steps = trained()
    without, others = trained(tiny_network(softmax=False))
    assert_same_bits(without.parameters, with_softmax.parameters)
    assert steps == others
    images = tiny_dataset(37).images
    np.testing.assert_array_equal(predict(without, images), predict(with_softmax, images))


# predict and evaluate


@pytest.mark.parametrize("count", [1, 16, 37])
def test_probabilities_are_those_of_the_whole_network(count):
    network, images = tiny_network(), tiny_dataset(count).images
    probabilities = predict(network, images)
    whole = network((images / 255).astype(np.float32))
    np.testing.assert_allclose(probabilities, whole, rtol=1e-5)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    assert probabilities.dtype == np.float32
    prepared = predict(network, (images / 255).astype(np.float32))
    np.testing.assert_allclose(prepared, probabilities, rtol=1e-6)


def test_no_images_have_no_probabilities():
    for network in (tiny_network(), tiny_network(softmax=False)):
        probabilities = predict(network, np.zeros((0, 8, 8, 1), np.uint8))
        assert probabilities.shape == (0, 3)
        assert probabilities.dtype == np.float32


def test_evaluate_worked_example():
    # One input pixel of 255 becomes 1; the logits are (0, 0) and (0, ln 3) for pixels 0 and 1.
    dense = Dense(1, 2, rng=np.random.default_rng(0), dtype=np.float64)
    dense.weight[...] = [[0, math.log(3)]]
    network = Sequential({"flatten": Flatten(), "dense": dense})
    pixels = np.array([255] * 20 + [0] * 5, dtype=np.uint8).reshape(25, 1, 1, 1)
    labels = np.array([1] * 12 + [0] * 8 + [0] * 5)
    accuracy, loss = evaluate(network, Dataset(pixels, labels, ("a", "b"), "paper"))
    assert accuracy == 17 / 25  # ties go to the first class
    expected = (12 * math.log(4 / 3) + 8 * math.log(4) + 5 * math.log(2)) / 25
    assert loss == pytest.approx(expected, rel=1e-12)


def test_dropout_is_off_outside_training():
    network, dataset = tiny_network(dropout=0.9), tiny_dataset()
    assert evaluate(network, dataset) == evaluate(network, dataset)
    assert evaluate(network, dataset) == evaluate(tiny_network(dropout=0), dataset)


@pytest.mark.parametrize("workers", [2, 3])
def test_workers_do_not_change_predictions(workers):
    network, dataset = tiny_network(), tiny_dataset(70)
    assert (
        predict(network, dataset.images, workers=workers).tobytes()
        == predict(network, dataset.images, workers=1).tobytes()
    )
    assert evaluate(network, dataset, workers=workers) == evaluate(network, dataset, workers=1)
