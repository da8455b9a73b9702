"""From the package's layers to those of `npdeconv.plain`, sharing their parameters."""

from npdeconv import plain
from npdeconv.layers import Conv2D, Dense, Flatten, Layer, MaxPool2D, ReLU, Sequential, Softmax
from npdeconv.layers.window import Placement, Window


def padding_of(window: Window, place: Placement, shape: tuple[int, ...]):
    """Return the padding that the last window on images (H, W, ...) needs: ((top, bottom), (left, right))."""

    def axis(number: int) -> tuple[int, int]:
        before, places, length = place.offset[number], place.out_shape[number], shape[number]
        end = (places - 1) * window.stride[number] + window.size[number]
        return before, max(0, end - before - length)

    return axis(0), axis(1)


def plain_layer(layer: Layer, input_shape: tuple[int, ...]):
    match layer:
        case Conv2D(groups=1):
            place = layer.window.place(input_shape, layer.kind)
            padding = padding_of(layer.window, place, input_shape)
            return plain.Conv(layer.weight, layer.bias, layer.window.stride, padding)
        case MaxPool2D():
            place = layer.window.place(input_shape, layer.kind)
            padding = padding_of(layer.window, place, input_shape)
            return plain.MaxPool(layer.window.size, layer.window.stride, padding)
        case Dense():
            return plain.Dense(layer.weight, layer.bias)
    return {ReLU: plain.ReLU, Flatten: plain.Flatten, Softmax: plain.Softmax}[type(layer)]()


def plain_chain(network: Sequential):
    chain, shape = {}, network.input_shape
    for name, layer in network.layers.items():
        chain[name] = plain_layer(layer, shape)
        shape = layer.output_shape(shape)
    return chain
