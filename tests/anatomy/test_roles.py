"""Layers by their role."""

import numpy as np
import pytest

from npdeconv.anatomy import below_softmax, last_hidden, map_layers, shown_layers
from npdeconv.anatomy.roles import (
    answers,
    at_pooling,
    logits_layer,
    sources_of,
    telling_layers,
    weighted_layers,
)
from npdeconv.layers import (
    AvgPool2D,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool,
    GlobalMaxPool,
    Layer,
    MaxPool2D,
    ReLU,
    Sequential,
    Sigmoid,
    Softmax,
)
from npdeconv.models import deck_model3
from tests.cases import small_network
from tests.tiny import tiny_network


def rng():
    return np.random.default_rng(0)


def test_the_logits_are_what_a_softmax_at_the_end_reads():
    network = tiny_network()
    assert logits_layer(network) == logits_layer(tiny_network(softmax=False)) == "logits"
    assert list(below_softmax(network).layers) == list(network.layers)[:-1]
    bare = tiny_network(softmax=False)
    assert below_softmax(bare) is bare
    assert logits_layer(Sequential({"softmax": Softmax()})) == "softmax"  # there is nothing below


def test_a_network_tells_what_its_answers_are():
    layers = tiny_network(softmax=False).layers
    ends = {"exclusive": Softmax(), "independent": Sigmoid(), None: ReLU()}
    for said, end in ends.items():
        assert answers(Sequential({**layers, "end": end})) == said


def test_the_last_hidden_layer_is_what_the_classes_are_read_from():
    assert last_hidden(tiny_network()) == "relu2"  # below dropout and flattening
    assert last_hidden(deck_model3(rng=np.random.default_rng(0))) == "relu_dense1"
    rng = np.random.default_rng(0)
    flat = Sequential({"flatten": Flatten(), "logits": Dense(4, 2, rng=rng)}, name="flat")
    with pytest.raises(
        ValueError, match="last_hidden: expected a layer below the last weights, flat has none"
    ):
        last_hidden(flat)
    with pytest.raises(ValueError, match="blank has none"):
        last_hidden(Sequential({"relu": ReLU()}, name="blank"))
    assert last_hidden(Sequential({"a": Conv2D(1, 2, 1, rng=rng), "b": Conv2D(2, 2, 1, rng=rng)})) == "a"


def test_a_layer_reads_what_flattening_and_dropout_pass_on():
    network = tiny_network()  # ... relu2, dropout, flatten, logits
    assert sources_of(network, "logits") == ("relu2",)
    assert sources_of(network, "pool1") == ("relu1",)
    assert sources_of(network, "conv1") == ()
    assert weighted_layers(network) == ["conv1", "conv2", "logits"]
    assert telling_layers(network) == ("conv1", "relu1", "pool1", "conv2", "relu2", "logits")


def test_layers_worth_looking_at():
    assert shown_layers(small_network(float)) == ("relu1", "pool1", "relu2", "relu_dense1", "logits")
    chain = Sequential({"conv": Conv2D(1, 2, 3, rng=np.random.default_rng(0)), "relu": ReLU()})
    assert shown_layers(chain) == ("relu",)


def test_maximum_poolings_are_shown_and_means_are_not():
    layers = {
        "max": MaxPool2D(2),
        "mean": AvgPool2D(2),
        "global": GlobalMaxPool(),
        "logits": Dense(1, 2, rng=rng()),
    }
    assert shown_layers(Sequential(layers)) == ("max", "logits")


def test_an_own_layer_is_among_those_shown_by_what_it_says_alone():
    class Own(Layer):
        def forward(self, x, *, rng=None):
            return x, (x,)

        def backward(self, dy, context):
            return dy, {}

        def deconv(self, y, context):
            return y

    class Rectifier(Own):
        rectifies = True

    class Identity(Own):
        passes_on = True

    layers = {
        "own": Own(),
        "rectifier": Rectifier(),
        "identity": Identity(),
        "logits": Conv2D(1, 2, 3, rng=rng()),
    }
    network = Sequential(layers)
    assert shown_layers(network) == ("rectifier", "logits")
    assert map_layers(network, (6, 6, 1)) == ("rectifier",)
    assert last_hidden(network) == "rectifier"


@pytest.mark.parametrize("pooling", [GlobalAveragePool, GlobalMaxPool])
def test_a_network_is_cut_at_its_global_pooling(pooling):
    maps = {"conv": Conv2D(1, 3, 3, rng=rng()), "relu": ReLU()}
    without = Sequential({**maps, "pool": pooling(), "softmax": Softmax()})
    body, above, dense = at_pooling(without)
    assert (list(body.layers), list(above.layers), dense) == (["conv", "relu"], ["pool"], None)
    top = {"pool": pooling(), "dropout": Dropout(0.5), "flatten": Flatten(), "logits": Dense(3, 2, rng=rng())}
    network = Sequential({**maps, **top})
    body, above, dense = at_pooling(network)
    assert (list(body.layers), list(above.layers)) == (["conv", "relu"], list(top))
    assert dense is network["logits"]


def test_not_every_network_is_cut_at_a_global_pooling():
    conv = Conv2D(1, 3, 3, rng=rng())
    pool, dense = GlobalAveragePool(), Dense(3, 3, rng=rng())
    others = [
        tiny_network(),
        Sequential({"pool": pool}),
        Sequential({"conv": conv, "pool": AvgPool2D(2)}),
        Sequential({"conv": conv, "pool": pool, "relu": ReLU(), "logits": dense}),
        Sequential({"conv": conv, "pool": pool, "softmax": Softmax(), "logits": dense}),
        Sequential({"conv": conv, "pool": pool, "hidden": dense, "logits": dense}),
    ]
    assert [at_pooling(network) for network in others] == [None] * len(others)
