"""Checks of `check_layer`: for each clause, layers that break only this clause."""

import re

import numpy as np
import pytest

from npdeconv._types import Box
from npdeconv.gradcheck import check_layer
from npdeconv.gradcheck.layer import CLAUSES
from npdeconv.layers import (
    AvgPool2D,
    Conv2D,
    Flatten,
    Layer,
    LinearLayer,
    MaxPool2D,
    ReLU,
    Sequential,
    Sigmoid,
    Tanh,
)
from tests.chains import Jump, Mirror

SHAPE = (5, 6, 3)


class Sound(Layer):
    """x * factor: keeps the whole contract; the classes below break it."""

    locality = "position"

    def __init__(self):
        self.factor = np.full(3, 1.5)

    @property
    def parameters(self):
        return {"factor": self.factor}

    def forward(self, x, *, rng=None):
        self.check_input(x)
        return x * self.factor, (x,)

    def backward(self, dy, context):
        self.check_descent(dy, context)
        return dy * self.factor, {"factor": (dy * context[0]).sum(axis=(0, 1, 2))}

    def deconv(self, y, context):
        self.check_descent(y, context)
        return y * self.factor


class WrongGradient(Sound):
    def backward(self, dy, context):
        dx, gradients = super().backward(dy, context)
        return dx, {"factor": gradients["factor"] * 1.001}


class Kinks(Sound):
    def forward(self, x, *, rng=None):
        return np.sign(x) * 1e9 + x, (x,)


class WrongTranspose(Conv2D):
    def deconv(self, y, context):
        return super().deconv(y, context) * 1.001

    def descend(self, y, context, rule):
        return self.deconv(y, context) if rule == "deconv" else self.backward(y, context)[0]


class Biased(Sound):
    def deconv(self, y, context):
        return super().deconv(y, context) + 0.1


class GuidedByDeconv(Sound):
    def deconv(self, y, context):
        self.check_descent(y, context)
        return y

    def descend(self, y, context, rule):
        return self.backward(y, context)[0] if rule == "gradient" else self.deconv(y, context)


class LinearRectifier(ReLU):
    def descend(self, y, context, rule):
        return super().descend(y, context, "gradient" if rule == "linear" else rule)


class WrongShape(Sound):
    def output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] + 1)

    def check_descent(self, y, context):
        if y.shape != context[0].shape:
            raise ValueError


class NoGradient(Sound):
    def backward(self, dy, context):
        return super().backward(dy, context)[0], {}


class Blurred(Mirror):
    """Depends on the opposite side, but declares that it does not."""

    def check(self, y, context):
        if y.shape != context[0]:
            raise ValueError

    def forward(self, x, *, rng=None):
        return np.ascontiguousarray(x[:, ::-1, ::-1]), (x.shape,)

    def backward(self, dy, context):
        self.check(dy, context)
        return super().backward(dy, context)

    def deconv(self, y, context):
        self.check(y, context)
        return super().deconv(y, context)


class Uneven(Sound):
    """Multiplies each row by another factor, but declares the same operation at each position."""

    locality = "position"

    def _rows(self, x):
        return np.arange(1, x.shape[1] + 1, dtype=x.dtype)[:, np.newaxis, np.newaxis]

    def forward(self, x, *, rng=None):
        return x * self.factor * self._rows(x), (x,)

    def backward(self, dy, context):
        dx, gradients = super().backward(dy * self._rows(dy), context)
        return dx, gradients

    def deconv(self, y, context):
        return super().deconv(y * self._rows(y), context)


class PaddedByFives(MaxPool2D):
    locality = "window"
    beyond = 5.0


class NoWindow(Sound):
    locality = "window"


class Widening(Sound):
    def backward(self, dy, context):
        dx, gradients = super().backward(dy, context)
        return dx.astype(np.float64), gradients


class WideGradient(Sound):
    def backward(self, dy, context):
        dx, gradients = super().backward(dy, context)
        return dx, {"factor": gradients["factor"].astype(np.float64)}


class BatchStatistics(Sound):
    def forward(self, x, *, rng=None):
        return x * self.factor + len(x), (x,)


class Overwriting(Sound):
    def deconv(self, y, context):
        self.check_descent(y, context)
        kept = y.copy()
        if y.flags.writeable:
            y[0] = 0
        return kept * self.factor


class NeedsWritable(Sound):
    def forward(self, x, *, rng=None):
        if not x.flags.writeable:
            raise ValueError("output array is read-only")
        return super().forward(x)


class InMemoryOrder(Sound):
    def forward(self, x, *, rng=None):
        y, context = super().forward(x)
        return (y if x.flags.c_contiguous else y + 1), context


class Memory(Sound):
    """Stores its pass in a list shared by all layers, so that only interleaved passes conflict."""

    seen = np.zeros((1, 1))

    def forward(self, x, *, rng=None):
        Memory.seen = x
        return super().forward(x)

    def backward(self, dy, context):
        dx, gradients = super().backward(dy, context)
        return dx, {"factor": gradients["factor"] * (1 if Memory.seen is context[0] else 2)}


class Counting(Sound):
    def __init__(self):
        super().__init__()
        self.passes = 0

    def forward(self, x, *, rng=None):
        self.passes += 1
        return super().forward(x)


class Listing(Sound):
    def __init__(self):
        super().__init__()
        self.shapes = []

    def forward(self, x, *, rng=None):
        self.shapes.append(x.shape)
        return super().forward(x)


class Learning(Sound):
    def backward(self, dy, context):
        found = super().backward(dy, context)
        self.factor *= 1 + 1e-9
        return found


class Unpicklable(Sound):
    def __init__(self):
        super().__init__()
        self.function = lambda x: x


class Shared(Sound):
    def __deepcopy__(self, memo):
        other = Sound()
        other.__class__, other.factor = Shared, memo.get(id(self.factor), self.factor)
        return other


class Lenient(Sound):
    def check_descent(self, y, context):
        pass

    def backward(self, dy, context):
        return dy * self.factor, {"factor": (dy[: len(context[0])] * context[0]).sum(axis=(0, 1, 2))}


class Swapping(Flatten):
    def forward(self, x, *, rng=None):
        y, context = super().forward(x)
        return y[:, ::-1], context

    def _transpose(self, y, context):
        return super()._transpose(np.ascontiguousarray(y[:, ::-1]), context)


class Unlikely(Tanh):
    probabilities = "independent"


class Unsure(Sigmoid):
    probabilities = "exclusive"


def conv(kind, *arguments, **options):
    return kind(*arguments, rng=np.random.default_rng(1), **options)


BROKEN = [
    (WrongGradient(), "finite differences", "the gradient of factor differs from .* by 1.0e-03 of its size"),
    (conv(WrongTranspose, 3, 4, 3), "adjoint", r"deconv is not the transpose of forward, it is off by \d"),
    (Biased(), "homogeneity", r"deconv of 3 \* y is not 3 \* deconv of y"),
    (GuidedByDeconv(), "rules of descent", "descend by 'guided' is not backward"),
    (LinearRectifier(), "rules of descent", "descend by 'linear' is not the identity"),
    (WrongShape(), "output_shape", r"output_shape says \(5, 6, 4\), forward gives \(5, 6, 3\)"),
    (Blurred(), "receptive_field", r"unit \(0, 0\) depends on inputs outside .* field \(0, 1, 0, 1\)"),
    (Uneven(), "locality", "locality is 'position', but a piece of the input gives other outputs"),
    (PaddedByFives(2, padding="same"), "locality", "beyond the image the layer does not see 5.0"),
    (NoWindow(), "locality", "locality is 'window', and window is None"),
    (Swapping(), "outputs", "passes_on is True, but other numbers come out"),
    (Unlikely(), "outputs", "probabilities is 'independent', but the outputs are not from 0 to 1"),
    (Unsure(), "outputs", "probabilities is 'exclusive', but the outputs do not add up to 1"),
    (Widening(), "dtype", "backward makes float64 of float32"),
    (WideGradient(), "dtype", "the gradient of factor makes float64 of float32"),
    (BatchStatistics(), "batch", "forward gives image 0 of a batch other values than the image alone"),
    (NeedsWritable(), "inputs untouched", r"a read-only input is refused \(output array is read-only\)"),
    (InMemoryOrder(), "strided inputs", "forward gives other values where x is not contiguous"),
    (Counting(), "no trace", "a pass changes passes of the layer"),
    (Listing(), "no trace", "a pass changes shapes of the layer"),
    (Unpicklable(), "copies", r"the layer can't be pickled \(\w+: "),
    (Shared(), "copies", "a copied layer shares factor"),
    (Lenient(), "shape on the way down", r"backward accepts shape \(6, 5, 6, 3\) for outputs"),
]


def test_a_sound_layer_passes():
    report = check_layer(Sound(), SHAPE)
    assert report.passed, str(report)
    assert report.failures == ()
    assert [check.name for check in report.checks] == list(CLAUSES)


@pytest.mark.parametrize(("layer", "clause", "sentence"), BROKEN, ids=lambda value: type(value).__name__)
def test_a_broken_clause_is_found_and_no_other(layer, clause, sentence):
    report = check_layer(layer, SHAPE)
    assert [check.name for check in report.checks if check.failure] == [clause], str(report)
    (failure,) = report.failures
    assert re.search(sentence, failure)
    assert f"\n  {clause:<22} FAILED\n" in str(report)
    assert str(report).endswith(f"\nFAILED: 1 broken, 17 not\n  {failure}")


def test_every_broken_clause_is_reported():
    missing = {check.name for check in check_layer(NoGradient(), SHAPE).checks if check.failure}
    assert missing == {"finite differences", "gradients"}
    learning = {check.name for check in check_layer(Learning(), SHAPE).checks if check.failure}
    assert {"no trace", "interleaved passes"} <= learning
    remembered = {check.name for check in check_layer(Memory(), SHAPE).checks if check.failure}
    assert "interleaved passes" in remembered
    overwriting = check_layer(Overwriting(), SHAPE).failures
    assert "inputs untouched: the way down writes into its input" in overwriting
    (kinks, *_) = check_layer(Kinks(), SHAPE).failures
    assert kinks == "finite differences: backward: finite differences could not be taken of x, factor"
    jump = [check.name for check in check_layer(conv(Jump, 3, 4, 3), SHAPE).checks if check.failure]
    assert {"finite differences", "adjoint", "receptive_field"} <= set(jump)


def test_threads_that_share_state_are_found(monkeypatch):
    """Passes store and read an attribute of the layer; the barrier makes them overlap on the way down."""
    import threading

    class Meeting(Sound):
        def __init__(self):
            super().__init__()
            self.last = None

        def forward(self, x, *, rng=None):
            self.last = x
            return super().forward(x)

        def backward(self, dy, context):
            if threading.current_thread() is not threading.main_thread():
                barrier.wait(10)
            return dy * self.factor, {"factor": (dy * self.last).sum(axis=(0, 1, 2))}

    barrier = threading.Barrier(8)
    failed = {check.name: check.failure for check in check_layer(Meeting(), SHAPE).checks if check.failure}
    assert failed["eight threads"] == "eight threads get other values than one"


def test_an_error_of_the_layers_own_is_a_broken_clause():
    class Raising(Sound):
        def deconv(self, y, context):
            raise NotImplementedError("no way down yet")

    report = check_layer(Raising(), SHAPE)
    assert "homogeneity: NotImplementedError: no way down yet" in report.failures


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_whole_chains_and_either_dtype_pass(dtype):
    chain = Sequential(
        {"conv": conv(Conv2D, 3, 4, 3, dtype=dtype), "relu": ReLU(), "pool": AvgPool2D(2), "tanh": Tanh()}
    )
    before = {name: array.copy() for name, array in chain.parameters.items()}
    report = check_layer(chain, (8, 7, 3))
    assert report.passed, str(report)
    for name, array in chain.parameters.items():
        assert array.dtype == dtype
        np.testing.assert_array_equal(array, before[name])  # the checks used copies


def test_clauses_that_do_not_apply_give_a_reason():
    said = {check.name: check.omitted for check in check_layer(Tanh(), (7,)).checks if check.omitted}
    assert said == {
        "adjoint": "the layer is no LinearLayer",
        "receptive_field": "its inputs or outputs are not feature maps",
        "locality": "it declares no locality on feature maps",
        "outputs": "it says nothing of them",
    }
    same = check_layer(AvgPool2D(2, padding="same"), SHAPE).checks
    assert "beyond is None: it is never computed in pieces" in [check.omitted for check in same]
    assert "\n  adjoint                not asked: the layer is no LinearLayer\n" in str(
        check_layer(Tanh(), (7,))
    )


def test_a_linear_layer_needs_two_methods():
    class Half(LinearLayer):
        def forward(self, x, *, rng=None):
            self.check_input(x)
            return x / 2, (x.shape,)

        def _transpose(self, y, context):
            return y / 2

    failures = check_layer(Half(), SHAPE).failures
    assert [failure.partition(":")[0] for failure in failures] == ["copies"]  # a local class is not pickled


def test_wrong_layers_and_shapes_are_refused():
    with pytest.raises(TypeError, match="check_layer: expected a Layer, got 'relu'"):
        check_layer("relu", SHAPE)
    with pytest.raises(ValueError, match="Conv2D: expected 3 input channels, got 2"):
        check_layer(conv(Conv2D, 3, 4, 3), (5, 6, 2))


def test_the_same_seed_gives_the_same_report():
    assert check_layer(WrongGradient(), SHAPE) == check_layer(WrongGradient(), SHAPE)


def test_a_wrong_window_is_found():
    class Shifted(Conv2D):
        def receptive_field(self, box, input_shape):
            field = super().receptive_field(box, input_shape)
            return Box(field.top + 1, field.bottom, field.left, field.right)

    failed = {check.name for check in check_layer(conv(Shifted, 3, 4, 3), SHAPE).checks if check.failure}
    assert failed == {"receptive_field", "copies"}
