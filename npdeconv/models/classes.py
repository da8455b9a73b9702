"""A network with a new last layer, for other classes."""

from npdeconv._checks import describe, positive_int
from npdeconv._types import Generator
from npdeconv.layers import Conv2D, Dense, Layer, Sequential


def with_classes(network: Sequential, classes: int, rng: Generator) -> Sequential:
    """Return a chain of the same layers with a new last layer of weights.

    The new layer has an output for each class. All other layers are shared with `network`. The chain
    has no names of classes.

    Parameters
    ----------
    network : Sequential
    classes : int
    rng : numpy.random.Generator
        Source of the new weights.

    Raises
    ------
    ValueError
        If the last layer with weights is neither dense nor a convolution, or the network does not end
        in classes.
    """
    count = positive_int(classes, "with_classes", "classes")
    weighted = [name for name, layer in network.layers.items() if "weight" in layer.parameters]
    last = network[weighted[-1]] if weighted else None
    if isinstance(last, Dense):
        new: Layer = Dense(last.weight.shape[0], count, rng=rng, dtype=last.weight.dtype)
    elif isinstance(last, Conv2D) and last.groups == 1:
        size, stride, padding = last.window
        channels, dtype = last.in_channels, last.weight.dtype
        new = Conv2D(channels, count, size, stride=stride, padding=padding, rng=rng, dtype=dtype)
    else:
        raise ValueError(
            f"with_classes: expected the last layer with weights to be Dense or Conv2D, got {describe(last)}"
        )
    layers = dict(network.layers) | {weighted[-1]: new}
    changed = Sequential(layers, input_shape=network.input_shape, name=network.name)
    if network.input_shape is not None and changed.output_shape(network.input_shape) != (count,):
        raise ValueError(
            f"with_classes: expected a network that ends in classes, {network.name} ends in outputs of shape"
            f" {network.output_shape(network.input_shape)}"
        )
    return changed
