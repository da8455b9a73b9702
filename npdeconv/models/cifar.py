"""Two networks for CIFAR-10 from published slide decks, which trained them with Keras, for comparison."""

import numpy as np
from numpy.typing import DTypeLike

from npdeconv._types import Generator
from npdeconv.layers import Dropout, Flatten, MaxPool2D, ReLU, Sequential, Softmax
from npdeconv.models.stack import Stack

INPUT_SHAPE = (32, 32, 3)
CLASSES = 10


def plotka(*, rng: Generator, dtype: DTypeLike = np.float32) -> Sequential:
    """32x32x3: three pairs of "same" convolutions, 32, 64 and 128 filters; 2,395,434 parameters.

    Plotka's network for CIFAR-10. Its training bounds the norms of the columns of the hidden dense layer
    by 3. This constraint is not part of the network but an argument of the training::

        fit(net, train, Adam(1e-4), constraint=MaxNorm(3, "dense1.weight"), ...)

    Examples
    --------
    >>> net = nd.models.plotka(rng=np.random.default_rng(0))
    >>> net.input_shape, sum(array.size for array in net.parameters.values())
    ((32, 32, 3), 2395434)
    """
    net = Stack("plotka", INPUT_SHAPE, rng=rng, dtype=dtype)
    for pair, filters in enumerate((32, 64, 128), 1):
        lower, upper = 2 * pair - 1, 2 * pair
        net.conv(f"conv{lower}", filters, 3)
        net.put(**{f"relu{lower}": ReLU(), f"dropout{pair}": Dropout(0.2)})
        net.conv(f"conv{upper}", filters, 3)
        net.put(**{f"relu{upper}": ReLU(), f"pool{pair}": MaxPool2D(2)})
    net.put(flatten=Flatten(), dropout4=Dropout(0.2))
    net.dense("dense1", 1024)
    net.put(relu_dense1=ReLU(), dropout5=Dropout(0.2))
    return _classified(net)


def bonaccorso(*, rng: Generator, dtype: DTypeLike = np.float32) -> Sequential:
    """32x32x3: "valid" convolutions of 32, 64, 128 and 128 filters; 776,394 parameters.

    Bonaccorso's network for CIFAR-10.

    Examples
    --------
    >>> net = nd.models.bonaccorso(rng=np.random.default_rng(0))
    >>> net.input_shape, net.output_shape(net.input_shape)
    ((32, 32, 3), (10,))
    """
    net = Stack("bonaccorso", INPUT_SHAPE, rng=rng, dtype=dtype)
    net.conv("conv1", 32, 3, padding="valid")
    net.put(relu1=ReLU())
    net.conv("conv2", 64, 3, padding="valid")
    net.put(relu2=ReLU(), pool1=MaxPool2D(2), dropout1=Dropout(0.25))
    net.conv("conv3", 128, 3, padding="valid")
    net.put(relu3=ReLU(), pool2=MaxPool2D(2))
    net.conv("conv4", 128, 3, padding="valid")
    net.put(relu4=ReLU(), pool3=MaxPool2D(2), dropout2=Dropout(0.25), flatten=Flatten())
    net.dense("dense1", 1024)
    net.put(relu_dense1=ReLU(), dropout3=Dropout(0.25))
    return _classified(net)


def _classified(net: Stack) -> Sequential:
    net.dense("logits", CLASSES)
    net.put(softmax=Softmax())
    return net.network()
