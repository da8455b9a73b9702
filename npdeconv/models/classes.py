"""A network for other classes than it was made for."""

from npdeconv._checks import describe, positive_int
from npdeconv._types import Generator
from npdeconv.layers import Conv2D, Dense, Layer, Sequential


def with_classes(network: Sequential, class_count: int, rng: Generator) -> Sequential:
    """Return a chain of the same layers but for the last one with weights, which is new.

    It has an output for each class. All other layers are shared with `network`; what the new outputs
    stand for is not known.

    Parameters
    ----------
    network : Sequential
    class_count : int
    rng : numpy.random.Generator
        Source of the new weights.

    Raises
    ------
    ValueError
        If the last layer with weights is neither dense nor a convolution, or the network ends in
        something else than classes.
    """
    count = positive_int(class_count, "with_classes", "class_count")
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
