"""A network with a new last layer, for other classes."""

from npdeconv._checks import describe, positive_int
from npdeconv._types import Generator
from npdeconv.anatomy.roles import answer_shape, two_classes, weighted_layers
from npdeconv.layers import Conv2D, Dense, Layer, Sequential
from npdeconv.layers.further.rebuilding import with_layers


def with_classes(network: Sequential, class_count: int, rng: Generator) -> Sequential:
    """Return a chain of the same layers with a new last layer of weights.

    The new layer has an output for each class. All other layers are shared with `network`. The chain
    has no names of classes.

    Parameters
    ----------
    network : Sequential
    class_count : int
    rng : numpy.random.Generator
        Source of the new weights.

    Raises
    ------
    ValueError
        If the last layer with weights is neither dense nor a convolution, or the network does not end
        in classes.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> net = nd.models.with_classes(nd.models.deck_model4(rng=rng), 3, rng)
    >>> net.output_shape((28, 28, 1))
    (3,)
    """
    count = positive_int(class_count, "with_classes", "class_count")
    weighted = weighted_layers(network)
    last = network[weighted[-1]] if weighted else None
    says_yes_or_no = two_classes(network) is not network
    if says_yes_or_no and count != 2:
        raise ValueError(
            f"with_classes: expected 2 classes for {network.name}, which has one output and a Sigmoid,"
            f" got {count}"
        )
    outputs = 1 if says_yes_or_no else count
    if isinstance(last, Dense):
        new: Layer = Dense(last.weight.shape[0], outputs, rng=rng, dtype=last.weight.dtype)
    elif isinstance(last, Conv2D) and last.groups == 1:
        new = Conv2D(last.in_channels, outputs, last.window.size, rng=rng, dtype=last.weight.dtype)
        new.window = last.window
    else:
        raise ValueError(
            f"with_classes: expected the last layer with weights to be Dense or Conv2D, got {describe(last)}"
        )
    changed = with_layers(network, {weighted[-1]: new})
    changed.classes = None
    if network.input_shape is not None and answer_shape(changed, network.input_shape) != (count,):
        raise ValueError(
            f"with_classes: expected a network that ends in classes, {network.name} ends in outputs of shape"
            f" {network.output_shape(network.input_shape)}"
        )
    return changed
