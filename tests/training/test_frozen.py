"""Frozen layers keep their weights, bit by bit."""

import json

import numpy as np
import pytest

from npdeconv.optimizers import SGD, Adam, FilterRenormalization
from npdeconv.training import train
from tests.tiny import assert_same_bits, copy_of, fitted, tiny_dataset, tiny_network


@pytest.mark.parametrize("optimizer", [SGD(0.1, momentum=0.9, weight_decay=0.01), Adam(0.01)])
def test_frozen_layers_stay_and_the_others_learn(optimizer):
    network = tiny_network()
    before = copy_of(network.parameters)
    fitted(network, optimizer=optimizer, frozen=["conv1", "relu1"], constraint=FilterRenormalization(0.01))
    for name, array in network.parameters.items():
        assert (array.tobytes() == before[name].tobytes()) == name.startswith("conv1."), name


def test_the_steps_are_those_of_the_unfrozen_parameters():
    """One step of plain SGD moves each parameter by its own gradient, whatever else is frozen."""
    whole, part = tiny_network(dropout=0), tiny_network(dropout=0)
    for network, frozen in ((whole, ()), (part, ("conv1",))):
        settings = {"epochs": 1, "batch_size": 70, "rng": np.random.default_rng(0)}
        list(train(network, tiny_dataset(), SGD(0.1), frozen=frozen, **settings))
    for name in ("conv2.weight", "logits.weight", "logits.bias"):
        assert part.parameters[name].tobytes() == whole.parameters[name].tobytes()


def test_a_name_is_a_whole_layer():
    network = tiny_network()
    with pytest.raises(KeyError, match="no layer 'conv'; the layers are conv1, "):
        fitted(network, frozen=["conv"])
    with pytest.raises(TypeError, match="frozen must be a list of names, got 'conv1'"):
        fitted(network, frozen="conv1")
    with pytest.raises(ValueError, match="expected a layer with parameters that is not frozen, all are"):
        fitted(network, frozen=["conv1", "conv2", "logits"])


def test_a_run_with_frozen_layers_is_resumed_to_the_same_bits(tmp_path):
    whole, resumed = tiny_network(), tiny_network()
    fitted(whole, frozen=["conv1"], epochs=3)
    fitted(tiny_network(), frozen=["conv1"], epochs=2, run=tmp_path)
    fitted(resumed, frozen=["conv1"], epochs=3, run=tmp_path, resume=True)
    assert_same_bits(resumed.parameters, whole.parameters)
    assert json.loads((tmp_path / "config.json").read_text())["frozen"] == ["conv1"]
    with pytest.raises(ValueError, match=r"frozen \['conv1'\], and can't be resumed with None"):
        fitted(tiny_network(), epochs=4, run=tmp_path, resume=True)
