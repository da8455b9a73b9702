"""Mistakes: against brute-force loops, and with a network of known mistakes."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from npdeconv import plot
from npdeconv.data import Dataset, as_input
from npdeconv.layers import Dense, Flatten, Sequential, Softmax
from npdeconv.plot.images import OWN_SCALE, span
from npdeconv.training import evaluate, predict
from npdeconv.visualize import confusion, find_mistakes, project
from tests.tiny import CLASSES, tiny_dataset, tiny_network


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def voter(softmax: bool = True) -> Sequential:
    """Images of 1x3x1 with votes as pixels: logit c is 10 times pixel c, minus a bias."""
    dense = Dense(3, 3, rng=np.random.default_rng(0), dtype=float)
    dense.weight[...] = 10 * np.eye(3)
    dense.bias[...] = -20
    layers = {"flatten": Flatten(), "votes": dense}
    return Sequential(
        layers | ({"softmax": Softmax()} if softmax else {}), input_shape=(1, 3, 1), name="voter"
    )


def ballots(pixels, labels) -> Dataset:
    images = np.array(pixels, np.uint8).reshape(-1, 1, 3, 1)
    return Dataset(images, np.array(labels), ("a", "b", "c"), "ballots")


VOTES = ballots([[255, 0, 0], [0, 255, 51], [51, 102, 0], [0, 0, 204], [153, 0, 102]], [0, 2, 0, 0, 2])


@pytest.mark.parametrize("softmax", [True, False])
def test_a_network_with_known_mistakes(softmax):
    result = find_mistakes(voter(softmax), VOTES, k=3)
    # Wrong are image 1 (99.96 % for b), 2 (86.7 % for b), 3 (99.93 % for c) and 4 (87.9 % for a).
    assert result.image_indices.tolist() == [1, 3, 4]
    assert result.truth.tolist() == [2, 0, 2]
    assert result.predicted.tolist() == [1, 2, 0]
    logits = np.array([[0, 10, 2], [0, 0, 8], [6, 0, 4]])
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(result.probability, [shares[0, 1], shares[1, 2], shares[2, 0]])
    np.testing.assert_allclose(result.truth_probability, [shares[0, 2], shares[1, 0], shares[2, 2]])
    # Each logit is 10 times a pixel: 100 times the excess of votes comes down to it, biases forgotten.
    np.testing.assert_allclose(result.misled_by[..., 0], [[[0, 100, 0]], [[0, 0, 80]], [[60, 0, 0]]])
    np.testing.assert_allclose(result.spoke_for_truth[..., 0], [[[0, 0, 20]], [[0, 0, 0]], [[0, 0, 40]]])
    expected = [[1, 1, 1], [0, 0, 0], [1, 1, 0]]
    assert result.confusion.tolist() == expected
    assert confusion(voter(softmax), VOTES).tolist() == expected


@pytest.mark.parametrize("workers", [1, 2])
def test_a_loop_over_single_images_finds_the_same(workers):
    net, dataset = tiny_network(seed=4), tiny_dataset(75, seed=2)
    counts, wrong = np.zeros((3, 3), int), []
    for n in range(75):
        (shares,) = predict(net, dataset.images[n : n + 1])
        answer, truth = int(shares.argmax()), int(dataset.labels[n])
        counts[truth, answer] += 1
        if answer != truth:
            wrong.append((-shares[answer], n, truth, answer, shares[truth]))
    wrong.sort()
    assert len(wrong) > 20  # an untrained network
    result = find_mistakes(net, dataset, k=20, workers=workers)
    np.testing.assert_array_equal(result.confusion, counts)
    np.testing.assert_array_equal(confusion(net, dataset, workers=workers), counts)
    share, images, truth, answers, truth_share = (
        np.array(column) for column in zip(*wrong[:20], strict=True)
    )
    np.testing.assert_array_equal(result.image_indices, images)
    np.testing.assert_array_equal(result.truth, truth)
    np.testing.assert_array_equal(result.predicted, answers)
    np.testing.assert_allclose(result.probability, -share, rtol=1e-5)
    np.testing.assert_allclose(result.truth_probability, truth_share, rtol=1e-5)
    accuracy, _ = evaluate(net, dataset)
    assert np.trace(counts) / 75 == pytest.approx(accuracy)


def test_projections_are_those_of_the_logits_up_to_a_factor():
    net, dataset = tiny_network(seed=4), tiny_dataset(75, seed=2)
    result = find_mistakes(net, dataset, k=20)
    images = dataset.images[result.image_indices]
    logits = net[:"logits"](as_input(images))
    compared = 0
    for classes, pixels in ((result.predicted, result.misled_by), (result.truth, result.spoke_for_truth)):
        expected = project(net, images, "logits", classes)
        for n in np.flatnonzero(~expected.silent):
            factor = (logits[n, classes[n]] - logits[n].min()) / logits[n, classes[n]]
            np.testing.assert_allclose(pixels[n], factor * expected.pixels[n], rtol=1e-4, atol=1e-6)
            compared += 1
    assert compared >= 20


def test_a_constant_added_to_all_logits_changes_nothing():
    net, dataset = tiny_network(seed=4, dtype=float), tiny_dataset(40)
    before = find_mistakes(net, dataset, k=5)
    net["logits"].bias[...] -= 30  # now all logits are negative
    after = find_mistakes(net, dataset, k=5)
    for name, array in before._asdict().items():
        np.testing.assert_allclose(getattr(after, name), array, atol=1e-9, err_msg=name)
    assert before.misled_by.any(axis=(1, 2, 3)).all()


@pytest.mark.parametrize("factor", [30, 100, 5000])
def test_confidence_that_rounds_to_one_is_still_ranked(factor):
    net = voter()
    net["votes"].weight[...] = np.eye(3) * factor
    result = find_mistakes(net, ballots([[204, 0, 0], [255, 0, 0], [230, 0, 0]], [1, 1, 1]), k=3)
    assert result.image_indices.tolist() == ([1, 2, 0] if factor < 5000 else [0, 1, 2])  # there, odds are 0
    assert (np.float32(result.probability) == 1).all()
    assert (result.truth_probability < 1e-9).all()


@pytest.mark.parametrize(
    ("wrong", "truth", "said"),
    [
        (0.75, 0.2, ("75.00%", "20.00%")),
        (0.99994, 6e-5, ("99.99%", "0.01%")),
        (1 - 2.5e-6, 2.5e-6, ("4e5 : 1", "1 : 4e5")),
        (1.0, 2e-30, ("5e29 : 1", "1 : 5e29")),  # 1 - p is 0 in float64
        (1.0, 0.0, ("over 1e300 : 1", "1 : over 1e300")),
    ],
)
def test_chances_that_would_round_are_odds(wrong, truth, said):
    result = find_mistakes(voter(), VOTES, k=1)
    result = result._replace(probability=np.array([wrong]), truth_probability=np.array([truth]))
    axes = plot.mistakes(VOTES.images[result.image_indices], result, VOTES.classes)
    scale = span(max(np.abs(result.misled_by).max(), np.abs(result.spoke_for_truth).max()))
    assert axes[1, 0].get_title() == f"speaks for b\n({said[0]}), {scale}"
    assert axes[2, 0].get_title() == f"speaks for c\n({said[1]}), {scale}"


def test_equal_confidence_keeps_the_order_and_no_mistakes_give_none():
    images = np.tile(np.array([255, 0, 0]), (40, 1))
    result = find_mistakes(voter(), ballots(images, [1] * 40), k=5)
    assert result.image_indices.tolist() == [0, 1, 2, 3, 4]
    flawless = find_mistakes(voter(), ballots(images, [0] * 40), k=5)
    assert flawless.image_indices.shape == (0,)
    assert flawless.misled_by.shape == flawless.spoke_for_truth.shape == (0, 1, 3, 1)
    assert flawless.confusion.tolist() == [[40, 0, 0], [0, 0, 0], [0, 0, 0]]
    with pytest.raises(ValueError, match="mistakes: expected at least one mistake, got none"):
        plot.mistakes(images[:0], flawless, "abc")


def test_bad_requests():
    with pytest.raises(ValueError, match="find_mistakes: k must be at least 1, got 0"):
        find_mistakes(voter(), VOTES, k=0)
    with pytest.raises(
        ValueError, match=r"voter: expected images of shape \(1, 3, 1\), halves has \(8, 8, 1\)"
    ):
        find_mistakes(voter(), tiny_dataset(5))
    with pytest.raises(ValueError, match="voter: expected images to train on or look at, ballots has none"):
        confusion(voter(), VOTES[:0])


def test_the_matrix_colors_only_mistakes():
    counts = np.array([[50, 2, 0], [0, 60, 1], [4, 0, 70]])
    ax = plot.confusion(counts, CLASSES)
    np.testing.assert_array_equal(ax.images[0].get_array(), [[0, 2, 0], [0, 0, 1], [4, 0, 0]])
    assert ax.images[0].get_clim() == (0, 4)
    texts = {text.get_position(): text.get_text() for text in ax.texts}
    assert texts == {(0, 0): "50", (1, 0): "2", (1, 1): "60", (2, 1): "1", (0, 2): "4", (2, 2): "70"}
    assert ax.get_ylabel() == "truth"
    assert [tick.get_text() for tick in ax.get_yticklabels()] == list(CLASSES)
    assert ax.get_title() == "7 of 187 are wrong"
    perfect = plot.confusion(np.eye(30, dtype=int), [f"class {n}" for n in range(30)])
    assert perfect.get_title() == "0 of 30 are wrong"
    assert not perfect.texts  # too many classes for numbers


def test_the_two_projections_of_a_mistake_share_a_scale():
    result = find_mistakes(voter(), VOTES, k=4)
    axes = plot.mistakes(VOTES.images[result.image_indices], result, VOTES.classes)
    assert axes.shape == (3, 4)
    assert axes[0, 0].get_title() == "image 1: c,\ntaken for b"
    assert axes[1, 0].get_title().startswith("speaks for b\n(99.9")
    assert axes[2, 0].get_title().startswith("speaks for c\n(0.0")
    caption = axes[0, 0].figure.get_supxlabel()
    assert caption.endswith("each column has its own scale: " + OWN_SCALE)
    np.testing.assert_allclose(axes[1, 0].images[0].get_array(), [[0.5, 1, 0.5]])
    np.testing.assert_allclose(axes[2, 0].images[0].get_array(), [[0.5, 0.5, 0.6]])
    np.testing.assert_allclose(axes[1, 1].images[0].get_array(), [[0.5, 0.5, 1]])
    drawn = plot.mistakes(VOTES.images[result.image_indices], result, VOTES.classes, axes)
    assert np.shares_memory(drawn, axes)


def test_only_occurring_classes_are_shown_if_there_are_many():
    counts = np.zeros((1000, 1000), np.int64)
    counts[281, 285], counts[285, 285] = 1, 2
    ax = plot.confusion(counts, [f"class {number}" for number in range(1000)])
    assert [label.get_text() for label in ax.get_xticklabels()] == ["class 281", "class 285"]
    assert [text.get_text() for text in ax.texts] == ["1", "2"]
    assert ax.get_title() == "1 of 3 are wrong"
