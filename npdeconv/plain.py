"""Zeiler & Fergus' DeconvNet in one file of plain NumPy (arXiv:1311.2901).

A convolutional network goes up: filter, rectify, pool, layer after layer. The DeconvNet comes back
down: a feature map is unpooled, rectified and filtered with the transposed filters, until it
reaches the pixels. This file has all of it: the layers, a chain of them, training, and `project`.
It imports nothing from the package, but for the digits of its demonstration. The tests compare the
package with it.

    N        images in a batch                x, y      input and output of a layer
    H, W, C  height, width, channels          dx, dy    gradients of the loss for them
    OH, OW   height and width of the output   weight, bias   parameters
    F        filters                          context   what one layer's pass left
    KH, KW   height and width of a filter     tape      a chain's contexts, in order
    D, M     inputs, outputs of a dense layer switches  positions of the pooling winners

Images are (N, H, W, C), filters (KH, KW, C, F). Run as `python -m npdeconv.plain`, the file trains
a small network on digits and draws projections of one of its feature maps.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def windows(x, size, stride, padding, fill):
    """Return the sliding windows of x (N, H, W, C): (N, OH, OW, KH, KW, C)."""
    padded = np.pad(x, ((0, 0), *padding, (0, 0)), constant_values=fill)
    every = sliding_window_view(padded, size, axis=(1, 2))  # (N, ..., ..., C, KH, KW)
    return np.moveaxis(every[:, :: stride[0], :: stride[1]], 3, 5)


def add_windows(parts, stride, padding, shape):
    """Add every window (N, OH, OW, KH, KW, C) back to its place: the transpose of `windows`."""
    (top, bottom), (left, right) = padding
    _, height, width, kernel_height, kernel_width, _ = parts.shape
    padded = np.zeros((shape[0], top + shape[1] + bottom, left + shape[2] + right, shape[3]), parts.dtype)
    for i in range(kernel_height):
        for j in range(kernel_width):
            rows = slice(i, i + height * stride[0], stride[0])
            columns = slice(j, j + width * stride[1], stride[1])
            padded[:, rows, columns] += parts[:, :, :, i, j]
    return padded[:, top : top + shape[1], left : left + shape[2]]


class Conv:
    """Correlate with filters and add a bias. Both ways down apply the transposed map (`add_windows`)."""

    def __init__(self, weight, bias, stride=(1, 1), padding=((0, 0), (0, 0))):
        self.parameters = {"weight": weight, "bias": bias}  # (KH, KW, C, F) and (F,)
        self.stride, self.padding = stride, padding  # (down, right); ((top, bottom), (left, right))

    def forward(self, x):
        weight, bias = self.parameters["weight"], self.parameters["bias"]
        seen = windows(x, weight.shape[:2], self.stride, self.padding, fill=0)
        return np.tensordot(seen, weight, axes=3) + bias, x  # the sum over KH, KW and C

    def backward(self, dy, x):
        seen = windows(x, self.parameters["weight"].shape[:2], self.stride, self.padding, fill=0)
        dweight = np.tensordot(seen, dy, axes=((0, 1, 2), (0, 1, 2)))  # the sum over N, OH and OW
        return self.transposed(dy, x), {"weight": dweight, "bias": dy.sum(axis=(0, 1, 2))}

    def deconv(self, y, x):
        return self.transposed(y, x)

    def transposed(self, y, x):
        parts = np.tensordot(y, self.parameters["weight"], axes=(3, 3))  # (N, OH, OW, KH, KW, C)
        return add_windows(parts, self.stride, self.padding, x.shape)


class ReLU:
    """max(x, 0). A gradient passes where x was positive; a projection passes where it is positive itself."""

    parameters = {}

    def forward(self, x):
        return np.maximum(x, 0), x > 0

    def backward(self, dy, was_positive):
        return dy * was_positive, {}

    def deconv(self, y, was_positive):
        return np.maximum(y, 0)


class MaxPool:
    """Keep the largest value of each window, and remember where it was: its switch."""

    parameters = {}

    def __init__(self, size=(2, 2), stride=(2, 2), padding=((0, 0), (0, 0))):
        self.size, self.stride, self.padding = size, stride, padding

    def forward(self, x):
        seen = windows(x, self.size, self.stride, self.padding, fill=-np.inf)
        seen = seen.reshape(*seen.shape[:3], -1, x.shape[3])  # (N, OH, OW, KH * KW, C)
        winner = seen.argmax(axis=3)  # the first of equal values
        y = np.take_along_axis(seen, winner[:, :, :, np.newaxis], axis=3)[:, :, :, 0]
        (top, _), (left, _) = self.padding
        row = np.arange(y.shape[1])[:, np.newaxis, np.newaxis] * self.stride[0] - top + winner // self.size[1]
        column = np.arange(y.shape[2])[:, np.newaxis] * self.stride[1] - left + winner % self.size[1]
        return y, (row * x.shape[2] + column, x.shape)  # the switches (N, OH, OW, C), h * W + w

    def backward(self, dy, context):
        return self.unpool(dy, context), {}

    def deconv(self, y, context):
        return self.unpool(y, context)

    def unpool(self, y, context):
        switches, (batch, height, width, channels) = context
        x = np.zeros((batch, height * width, channels), y.dtype)
        image = np.arange(batch)[:, np.newaxis, np.newaxis, np.newaxis]
        np.add.at(x, (image, switches, np.arange(channels)), y)  # where windows share a winner, values add up
        return x.reshape(batch, height, width, channels)


class Flatten:
    """Read the maps (N, H, W, C) as vectors (N, D)."""

    parameters = {}

    def forward(self, x):
        return x.reshape(len(x), -1), x.shape

    def backward(self, dy, shape):
        return dy.reshape(shape), {}

    def deconv(self, y, shape):
        return y.reshape(shape)


class Dense:
    """x @ weight + bias."""

    def __init__(self, weight, bias):
        self.parameters = {"weight": weight, "bias": bias}  # (D, M) and (M,)

    def forward(self, x):
        return x @ self.parameters["weight"] + self.parameters["bias"], x

    def backward(self, dy, x):
        return self.transposed(dy), {"weight": x.T @ dy, "bias": dy.sum(axis=0)}

    def deconv(self, y, x):
        return self.transposed(y)

    def transposed(self, y):
        return y @ self.parameters["weight"].T


class Softmax:
    """Probabilities of the classes. Its `deconv` is the identity, as a projection begins with the logits."""

    parameters = {}

    def forward(self, x):
        y = np.exp(x - x.max(axis=1, keepdims=True))  # without the maximum, exp would overflow
        y /= y.sum(axis=1, keepdims=True)
        return y, y

    def backward(self, dy, y):
        return y * (dy - (dy * y).sum(axis=1, keepdims=True)), {}

    def deconv(self, y, context):
        return y


def cross_entropy(logits, labels):
    """Return the mean of -log(softmax) at the labels, and its gradient by the logits."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    image = np.arange(len(labels))
    dlogits = np.exp(log_probabilities)
    dlogits[image, labels] -= 1
    return -log_probabilities[image, labels].mean(), dlogits / len(labels)


def forward(chain, x):
    """Pass through a chain, {name: layer}; return the output and the tape, {name: context}."""
    tape = {}
    for name, layer in chain.items():
        x, tape[name] = layer.forward(x)
    return x, tape


def backward(chain, dy, tape):
    """Carry the gradient down a chain; return it, and {name: {key: gradient}} of all parameters."""
    gradients = {}
    for name, layer in reversed(chain.items()):
        dy, gradients[name] = layer.backward(dy, tape[name])
    return dy, gradients


def descend(chain, y, tape, rule="deconv"):
    """Carry activations down a chain: by "deconv", the paper's rule, by "gradient" or by "guided".

    Guided backpropagation (arXiv:1412.6806) changes rectifiers only: there it applies both gates.
    """
    for name, layer in reversed(chain.items()):
        if rule == "deconv":
            y = layer.deconv(y, tape[name])
        else:
            y, _ = layer.backward(y, tape[name])
            if rule == "guided" and isinstance(layer, ReLU):
                y = layer.deconv(y, tape[name])
    return y


def sgd_step(chain, x, labels, rate):
    """Take one step of gradient descent, in place; the chain ends in logits. Return the loss before it."""
    logits, tape = forward(chain, x)
    loss, dlogits = cross_entropy(logits, labels)
    _, gradients = backward(chain, dlogits, tape)
    for name, layer in chain.items():
        for key, array in layer.parameters.items():
            array -= rate * gradients[name][key]
    return loss


def project(chain, images, layer, feature_map, rule="deconv"):
    """Project each image's strongest activation of one feature map down to the pixels (N, H, W, C).

    The rule "gradient" gives the activation times its gradient.
    """
    names = list(chain)
    head = {name: chain[name] for name in names[: names.index(layer) + 1]}
    y, tape = forward(head, images)
    maps = y.reshape(len(y), -1, y.shape[-1])  # (N, OH * OW, F)
    image, place = np.arange(len(y)), maps[:, :, feature_map].argmax(axis=1)
    alone = np.zeros_like(maps)  # all other activations are set to 0
    alone[image, place, feature_map] = np.maximum(maps[image, place, feature_map], 0)
    return descend(head, alone.reshape(y.shape), tape, rule)


def drawn(rng, *shape):
    """Return random weights that keep the variance of the activations behind a ReLU, and biases of 0."""
    return rng.normal(0, np.sqrt(2 / np.prod(shape[:-1])), shape), np.zeros(shape[-1])


if __name__ == "__main__":
    import matplotlib.pyplot as plt

    from npdeconv.data import load_strokes

    rng, digits = np.random.default_rng(0), load_strokes(1000, seed=0)
    pixels, labels = digits.images / 255, digits.labels
    same = ((1, 1), (1, 1))
    chain = {
        "conv1": Conv(*drawn(rng, 3, 3, 1, 8), padding=same), "relu1": ReLU(), "pool1": MaxPool(),
        "conv2": Conv(*drawn(rng, 3, 3, 8, 16), padding=same), "relu2": ReLU(), "pool2": MaxPool(),
        "flatten": Flatten(), "logits": Dense(*drawn(rng, 7 * 7 * 16, 10)),
    }  # fmt: skip
    for epoch in range(1, 9):
        batches = rng.permutation(800).reshape(40, 20)  # the other 200 digits are for testing
        losses = [sgd_step(chain, pixels[some], labels[some], rate=0.05) for some in batches]
        right = forward(chain, pixels[800:])[0].argmax(axis=1) == labels[800:]
        print(f"epoch {epoch}: loss {np.mean(losses):.3f}, {right.mean():.0%} of 200 new digits read right")
    shown = pixels[800:806]
    figure, axes = plt.subplots(2, 6, figsize=(9, 3.4), layout="constrained")
    figure.suptitle(
        "Above: digits. Below: the strongest place of map 3 of relu2 in each, projected; mid-gray is 0."
    )
    for ax in axes.flat:
        ax.axis("off")
    for n, projection in enumerate(project(chain, shown, "relu2", 3)):
        limit = np.abs(projection).max() or 1
        axes[0, n].imshow(shown[n, :, :, 0], cmap="gray")
        axes[1, n].imshow(projection[:, :, 0], cmap="gray", vmin=-limit, vmax=limit)
    figure.savefig("plain.png", dpi=150)
    print("wrote plain.png")
