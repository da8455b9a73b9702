"""The contract of a layer (`npdeconv.layers.base`), held by every case."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from npdeconv.gradcheck import check_adjoint, check_gradients
from npdeconv.layers import Softmax
from tests.cases import CASES, Case

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
PARAMETER_FREE = [case for case in CASES if not case.layer().parameters]


@every_case
def test_gradients_agree_with_finite_differences(case: Case):
    report = check_gradients(case.layer(), case.inputs(), samples=64)
    assert report.passed, str(report)
    assert report.error < 1e-6
    assert report.kinks == 0  # the inputs stay away from them


@pytest.mark.parametrize("case", [case for case in CASES if case.linear], ids=lambda case: case.name)
def test_projection_and_gradient_are_the_transpose(case: Case):
    report = check_adjoint(case.layer(), case.inputs())
    assert report.deconv < 1e-10
    assert report.backward < 1e-10


@every_case
def test_deconv_is_positively_homogeneous(case: Case):
    layer = case.layer()
    y, context = layer.forward(case.inputs())
    y = np.random.default_rng(2).normal(size=y.shape)
    np.testing.assert_allclose(layer.deconv(3 * y, context), 3 * layer.deconv(y, context), atol=1e-12)


@every_case
def test_every_rule_of_descent_reaches_the_input(case: Case):
    layer, x = case.layer(), case.inputs()
    y, context = layer.forward(x)
    np.testing.assert_array_equal(layer.descend(y, context, "deconv"), layer.deconv(y, context))
    np.testing.assert_array_equal(layer.descend(y, context, "gradient"), layer.backward(y, context)[0])
    for rule in ("guided", "linear", "ascent"):
        assert layer.descend(y, context, rule).shape == x.shape


@every_case
def test_output_shape_tells_the_truth(case: Case):
    layer = case.layer()
    assert layer(case.inputs()).shape[1:] == layer.output_shape(case.input_shape)


@every_case
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept(case: Case, dtype):
    layer = case.layer(dtype)
    x = case.inputs(dtype=dtype)
    y, context = layer.forward(x)
    dx, gradients = layer.backward(y, context)
    assert {y.dtype, dx.dtype, layer.deconv(y, context).dtype} == {np.dtype(dtype)}
    assert {name: array.dtype for name, array in gradients.items()} == dict.fromkeys(
        gradients, np.dtype(dtype)
    )


@every_case
def test_gradients_carry_the_parameters_names_and_shapes(case: Case):
    layer = case.layer()
    y, context = layer.forward(case.inputs())
    gradients = layer.backward(y, context)[1]
    assert {name: array.shape for name, array in gradients.items()} == {
        name: array.shape for name, array in layer.parameters.items()
    }


@every_case
def test_a_batch_is_a_stack_of_single_images(case: Case):
    layer, x = case.layer(), case.inputs(batch=4)
    y, context = layer.forward(x)
    down, dx = layer.deconv(y, context), layer.backward(y, context)[0]
    tolerance = 0 if case.exact else 1e-12
    for n in range(4):
        single, own = layer.forward(x[n : n + 1])
        back = layer.deconv(single, own), layer.backward(single, own)[0]
        for one, of_batch in zip((single, *back), (y, down, dx), strict=True):
            np.testing.assert_allclose(one[0], of_batch[n], rtol=tolerance, atol=tolerance)


@every_case
def test_an_empty_batch_stays_empty(case: Case):
    layer, x = case.layer(), case.inputs(batch=1)[:0]
    y, context = layer.forward(x)
    assert y.shape == (0, *layer.output_shape(case.input_shape))
    assert layer.deconv(y, context).shape == layer.backward(y, context)[0].shape == x.shape


@every_case
def test_read_only_inputs_are_accepted_and_left_alone(case: Case):
    layer, x = case.layer(), case.inputs()
    before = x.copy()
    x.flags.writeable = False
    y, context = layer.forward(x)
    dy = y.copy()
    dy.flags.writeable = False
    layer.backward(dy, context)
    layer.deconv(dy, context)
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(dy, y)


@every_case
def test_strided_inputs_give_the_same(case: Case):
    layer, x = case.layer(), case.inputs()
    strided = np.asfortranarray(x)
    wide = np.repeat(x, 2, axis=0)[::2]
    y, context = layer.forward(x)
    for other in (strided, wide):
        np.testing.assert_allclose(layer(other), y, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(
        layer.deconv(np.asfortranarray(y), context), layer.deconv(y, context), rtol=1e-12, atol=1e-12
    )


@every_case
def test_two_interleaved_passes_do_not_meet(case: Case):
    layer, a, b = case.layer(), case.inputs(seed=1), case.inputs(batch=2, seed=2)
    ya, context_a = layer.forward(a)
    alone = layer.backward(ya, context_a), layer.deconv(ya, context_a)
    ya, context_a = layer.forward(a)
    yb, context_b = layer.forward(b)
    layer.backward(yb, context_b)
    layer.deconv(yb, context_b)
    (dx, gradients), down = layer.backward(ya, context_a), layer.deconv(ya, context_a)
    np.testing.assert_array_equal(dx, alone[0][0])
    np.testing.assert_array_equal(down, alone[1])
    for name, gradient in gradients.items():
        np.testing.assert_array_equal(gradient, alone[0][1][name])


@every_case
def test_a_pass_leaves_no_trace_on_the_layer(case: Case):
    layer = case.layer()
    before = {name: array.copy() for name, array in layer.parameters.items()}
    attributes = dict(vars(layer))
    y, context = layer.forward(case.inputs(), rng=np.random.default_rng(0))
    layer.backward(y, context)
    layer.deconv(y, context)
    assert vars(layer).keys() == attributes.keys()
    assert all(vars(layer)[name] is value for name, value in attributes.items())
    for name, array in layer.parameters.items():
        np.testing.assert_array_equal(array, before[name])


@every_case
def test_eight_threads_give_the_serial_bits(case: Case):
    layer = case.layer(np.float32)
    batches = [case.inputs(dtype=np.float32, seed=seed) for seed in range(16)]

    def all_ways(x):
        y, context = layer.forward(x)
        dx, gradients = layer.backward(y, context)
        return [y, dx, layer.deconv(y, context), *gradients.values()]

    serial = [all_ways(x) for x in batches]
    with ThreadPoolExecutor(8) as threads:
        for expected, got in zip(serial, threads.map(all_ways, batches), strict=True):
            for left, right in zip(expected, got, strict=True):
                np.testing.assert_array_equal(left, right)


@every_case
def test_a_layer_can_be_copied_and_sent_to_another_process(case: Case):
    layer, x = case.layer(), case.inputs()
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        np.testing.assert_array_equal(other(x), layer(x))
        assert not any(
            np.shares_memory(other.parameters[name], array) for name, array in layer.parameters.items()
        )


@every_case
def test_what_comes_down_must_have_the_shape_that_went_up(case: Case):
    layer = case.layer()
    y, context = layer.forward(case.inputs())
    wrong = np.concatenate([y, y])
    with pytest.raises(ValueError, match=r"expected .* on the way down, as on the way up, got"):
        layer.backward(wrong, context)
    with pytest.raises(ValueError, match=r"expected .* on the way down, as on the way up, got"):
        layer.deconv(wrong, context)


@pytest.mark.parametrize("case", PARAMETER_FREE, ids=lambda case: case.name)
def test_integers_are_refused(case: Case):
    with pytest.raises(TypeError, match="expected an array of floats, got an array of dtype int64"):
        case.layer()(case.inputs().astype(np.int64))


@every_case
def test_repr_names_the_kind(case: Case):
    assert repr(case.layer()).startswith(type(case.layer()).__name__)


def test_softmax_rows_sum_to_one_however_large_the_logits():
    y = Softmax()(np.array([[1e4, 0, -1e4], [3, 3, 3]], np.float32))
    np.testing.assert_allclose(y, [[1, 0, 0], [1 / 3, 1 / 3, 1 / 3]], rtol=1e-6)
