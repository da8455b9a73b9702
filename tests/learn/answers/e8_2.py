"""Answers to exercise 8.2, the autoencoder. An answer is unrolled_forward and reconstruction_loss."""

import numpy as np


def sigmoid(x):
    small = np.exp(-np.abs(x))
    return np.where(x < 0, small, 1) / (1 + small)


def unrolled(name, *, code=None, logits=None, between_up=sigmoid, between_down=sigmoid, visible=1, order=-1):
    """Return a forward pass, with at most one mistake."""

    def forward(x, weights, hidden_biases, visible_biases):
        for place, (weight, bias) in enumerate(zip(weights, hidden_biases, strict=True), 1):
            x = x @ weight + bias
            if place < len(weights):
                x = between_up(x)
        bottleneck = x = code(x) if code else x
        for place in range(len(weights) - 1, -1, -1):
            bias = (
                visible_biases[place]
                if order < 0
                else np.resize(visible_biases[-1 - place], len(weights[place]))
            )
            x = x @ weights[place].T + visible * bias
            if place:
                x = between_down(x)
        return [bottleneck, logits(x) if logits else x]

    forward.__name__ = name
    return forward


def recursive(x, weights, hidden_biases, visible_biases):
    """Let each machine enclose those above it, in float32."""
    weight, up, down = (np.float32(one[0]) for one in (weights, hidden_biases, visible_biases))
    hidden = np.float32(x) @ weight + up
    if len(weights) == 1:
        return hidden, hidden @ weight.T + down
    rest = (one[1:] for one in (weights, hidden_biases, visible_biases))
    code, logits = recursive(sigmoid(hidden), *rest)
    return code, sigmoid(logits) @ weight.T + down


def untransposed(x, weights, hidden_biases, visible_biases):
    code, _ = right(x, weights, hidden_biases, visible_biases)
    y = code
    for weight, bias in zip(weights[::-1], visible_biases[::-1], strict=True):
        y = y @ weight.reshape(weight.shape[::-1]) + bias
    return code, y


def in_place(x, weights, hidden_biases, visible_biases):
    code, logits = right(x, weights, hidden_biases, visible_biases)
    x *= 2
    return code, logits


def nothing(x):
    return x


def loss_by_halves(logits, x):
    """Take the stable form by hand."""
    losses = np.maximum(logits, 0) - logits * x + np.log1p(np.exp(-np.abs(logits)))
    return losses.sum(axis=1).mean(), (sigmoid(logits) - x) / len(logits)


def loss_by_loops(logits, x):
    """Go pixel by pixel, in float32."""
    loss, dlogits = 0.0, np.zeros(x.shape, np.float32)
    for n, d in np.ndindex(*x.shape):
        logit, pixel = float(logits[n, d]), float(x[n, d])
        p = float(sigmoid(logit))
        for share, sign in ((pixel, 1), (1 - pixel, -1)):  # -log(sigmoid(sign * logit))
            loss += share * float(np.logaddexp(0, -sign * logit)) / len(x)
        dlogits[n, d] = (p - pixel) / len(x)
    return [np.array([loss]), dlogits]


def loss(name, *, pixels=nothing, share=len, push=None, log=None):
    """Return a loss with one mistake."""

    def faulty(logits, x):
        p, x = sigmoid(logits), pixels(x)
        value = (np.logaddexp(0, logits) - logits * x).sum() if log is None else log(p, x).sum()
        dlogits = (p - x) if push is None else push(p, x)
        return value / len(x), dlogits / share(x)

    faulty.__name__ = name
    return faulty


def by_pixel(logits, x):
    value, dlogits = loss_by_halves(logits, x)
    return value / x.shape[1], dlogits / x.shape[1]


def clipped(p, x):
    p = np.clip(p, 1e-12, 1 - 1e-12)
    return -x * np.log(p) - (1 - x) * np.log(1 - p)


def squared(p, x):
    return (p - x) ** 2


def white_only(p, x):
    return -x * np.log(p)


def away(p, x):
    return x - p


def slope_of_the_square(p, x):
    return 2 * (p - x) * p * (1 - p)


right = unrolled("right")
LINEAR = "the code is linear"
DOWN = "the way down has the weights transposed, and ends at logits"
UP = "on the way up, a sigmoid stands between two machines"
REVERSE = "on the way down, machines come in reverse, with sigmoids between them"
PIXEL = "the loss of a pixel is -log of the probability of what it is"
PUSH = "the gradient is probability minus pixel"
LARGE = "large logits do not overflow, and a sure mistake has its true loss"

RIGHT = [(right, loss_by_halves), (recursive, loss_by_loops)]
WRONG = [
    ((unrolled("sigmoid_of_the_code", code=sigmoid), loss_by_halves), LINEAR),
    ((unrolled("pixels", logits=sigmoid), loss_by_halves), DOWN),
    ((untransposed, loss_by_halves), DOWN),
    ((unrolled("no_visible_biases", visible=0), loss_by_halves), "visible biases are added on the way down"),
    ((unrolled("linear_way_up", between_up=nothing), loss_by_halves), UP),
    ((unrolled("linear_way_down", between_down=nothing), loss_by_halves), REVERSE),
    ((unrolled("biases_not_reversed", order=1), loss_by_halves), REVERSE),
    ((right, loss("squares", log=squared, push=slope_of_the_square)), PIXEL),
    ((right, loss("forgets_black", log=white_only)), PIXEL),
    ((right, loss("rounds_the_pixels", pixels=np.round)), "a gray pixel is a little of both"),
    ((right, by_pixel), "pixels are added, images are averaged"),
    ((right, loss("uphill", push=away)), PUSH),
    ((right, loss("slope_of_the_square", push=slope_of_the_square)), PUSH),
    (
        (right, loss("whole_shares", share=lambda x: 1)),
        "each of N images has a share of 1 / N in the gradient",
    ),
    ((right, loss("clips", log=clipped)), LARGE),
    ((in_place, loss_by_halves), "the inputs stay as they are"),
]
