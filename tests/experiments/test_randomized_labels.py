"""Networks taught permuted labels."""

import numpy as np
import pytest

from npdeconv.data import Dataset, load_strokes
from npdeconv.experiments import randomized_labels, small_network
from npdeconv.inference import evaluate
from npdeconv.visualize import compare_maps, project

DIGITS = load_strokes(20)
IMAGES = load_strokes(3, seed=1).images


@pytest.fixture(autouse=True)
def _scikit_image():
    pytest.importorskip("skimage")


def network():
    return small_network((28, 28, 1), 10, np.random.default_rng(0))


def kept_networks(folder, seed):
    """Return the three networks of a seed, from its file."""
    (path,) = folder.glob(f"*_seed{seed}.npz")
    with np.load(path) as file:
        found = []
        for number in range(3):
            found.append(network())
            for name, array in found[-1].parameters.items():
                array[...] = file[f"{number}.{name}"]
    return found


def test_networks_learn_what_they_were_taught_and_their_maps_are_compared(tmp_path):
    given = {"methods": ["deconv", "image"], "seeds": [0, 1], "folder": tmp_path}
    result = randomized_labels(network(), DIGITS, IMAGES, **given)
    assert (result.accuracy > 0.95).all()
    assert (result.similarity[:, 1] > 1 - 1e-6).all()
    for seed in (0, 1):
        first, permuted, again = kept_networks(tmp_path, seed)
        assert evaluate(first, DIGITS).accuracy > 0.95
        assert evaluate(again, DIGITS).accuracy > 0.95
        assert evaluate(permuted, DIGITS).accuracy < 0.5
        assert not (first["conv1"].weight == again["conv1"].weight).any()
        labels = first(IMAGES / np.float32(255)).argmax(axis=1)
        own = project(first, IMAGES, "logits", labels).pixels
        for place, other in enumerate((permuted, again)):
            theirs = project(other, IMAGES, "logits", labels).pixels
            wanted = [compare_maps(*pair) for pair in zip(own, theirs, strict=True)]
            np.testing.assert_array_equal(result.similarity[seed, 0, place], wanted)

    # Other questions to the same networks need no further training.
    for path in tmp_path.iterdir():
        path.chmod(0o400)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    other = randomized_labels(network(), DIGITS, IMAGES, explained="predicted", **given)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before
    np.testing.assert_array_equal(other.accuracy, result.accuracy)
    assert not np.array_equal(other.similarity, result.similarity, equal_nan=True)


def test_what_can_not_be_compared():
    given = {"methods": ["deconv"], "seeds": [0, 1]}
    many = Dataset(np.zeros((5001, 28, 28, 1), np.uint8), np.arange(5001) % 10, DIGITS.classes, "many")
    with pytest.raises(ValueError, match=r"^randomized_labels: expected at most 5,000 images, got 5,001$"):
        randomized_labels(network(), many, IMAGES, **given)
    with pytest.raises(ValueError, match=r"^randomized_labels: expected at least two seeds, got 1$"):
        randomized_labels(network(), DIGITS, IMAGES, seeds=[0])
    message = r"expected above 95% of the training images read as taught after 1 epochs, got \d"
    with pytest.raises(ValueError, match=message):
        randomized_labels(network(), DIGITS, IMAGES, epochs=1, **given)
