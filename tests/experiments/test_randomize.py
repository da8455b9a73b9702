"""New random weights for some layers."""

import numpy as np
import pytest
from scipy import stats

from npdeconv import initializers
from npdeconv.experiments import randomize
from npdeconv.layers import Add, Conv2D, Graph, PReLU, ReLU, Scale, Sequential


def rng(seed=0):
    return np.random.default_rng(seed)


def conv():
    return Conv2D(4, 4, 3, padding="same", rng=rng(7))


def chain():
    return Sequential({"conv1": conv(), "relu1": ReLU(), "conv2": conv(), "scale2": Scale(4), "p": PReLU(4)})


def graph():
    layers = {"conv1": conv(), "relu1": ReLU(), "conv2": conv(), "add": Add()}
    return Graph(layers, inputs={"add": ("conv2", "relu1")})


@pytest.mark.parametrize("build", [chain, graph])
def test_equal_layers_get_different_weights(build):
    network = build()
    assert np.array_equal(network["conv1"].weight, network["conv2"].weight)
    drawn = randomize(network, ["conv1", "conv2"], rng=rng())
    assert not (drawn["conv1"].weight == drawn["conv2"].weight).any()
    assert type(drawn) is type(network)
    assert drawn.inputs == network.inputs


@pytest.mark.parametrize("build", [chain, graph])
def test_a_layer_gets_the_same_weights_whichever_others_do(build):
    network = build()
    both, alone = randomize(network, ["conv1", "conv2"], rng=rng()), randomize(network, ["conv2"], rng=rng())
    assert np.array_equal(both["conv2"].weight, alone["conv2"].weight)
    other = randomize(network, ["conv2"], rng=rng(1))
    assert not (other["conv2"].weight == alone["conv2"].weight).any()


def test_all_other_layers_are_shared_and_the_network_stays_as_it_was():
    network = chain()
    before = {name: array.copy() for name, array in network.parameters.items()}
    drawn = randomize(network, ["conv2"], rng=rng())
    assert {name for name in network.layers if drawn[name] is not network[name]} == {"conv2"}
    assert all(np.array_equal(array, before[name]) for name, array in network.parameters.items())


def test_one_number_per_channel_becomes_that_of_a_new_layer():
    network = chain()
    for array in network.parameters.values():
        array += 5
    drawn = randomize(network, list(network.layers), rng=rng()).parameters
    assert not drawn["conv1.bias"].any()
    assert not drawn["scale2.bias"].any()
    assert (drawn["scale2.weight"] == 1).all()
    assert (drawn["p.slope"] == 0.25).all()


def test_the_initializer_is_a_parameter():
    drawn = randomize(chain(), ["conv1"], rng=rng(), initializer=initializers.he_normal)
    assert drawn["conv1"].weight.std() == pytest.approx(np.sqrt(2 / 36), rel=0.2)


def test_truncated_normal_is_that_of_scipy():
    drawn = initializers.truncated_normal((100, 200), rng(), np.float64, deviation=0.5)
    assert stats.kstest(drawn.ravel(), stats.truncnorm(-2, 2, scale=0.5).cdf).pvalue > 0.01
    assert np.abs(drawn).max() <= 1


def test_wrong_arguments():
    with pytest.raises(KeyError, match="no layer 'conv3'"):
        randomize(chain(), ["conv3"], rng=rng())
    with pytest.raises(TypeError, match=r"^randomize: layers must be a list of names, got 'conv1'"):
        randomize(chain(), "conv1", rng=rng())
    with pytest.raises(TypeError, match=r"^randomize: rng must be a numpy.random.Generator, got 0"):
        randomize(chain(), ["conv1"], rng=0)
