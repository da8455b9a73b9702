"""The contract of a layer (`npdeconv.layers.base`), held by every case."""

import numpy as np
import pytest

from npdeconv.gradcheck import check_gradients, conduct
from npdeconv.gradcheck.layer import CLAUSES
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


@every_case
@pytest.mark.parametrize("clause", [name for name in CLAUSES if name != "batch"])
def test_clause(case: Case, clause: str):
    omitted = CLAUSES[clause](case.layer(), case.inputs())
    assert clause != "adjoint" or (omitted is None) == case.linear


@every_case
def test_a_batch_is_a_stack_of_single_images(case: Case):
    conduct.batch(case.layer(), case.inputs(batch=4), tolerance=0 if case.exact else 1e-12)


@every_case
def test_gradients_must_have_the_shape_of_the_outputs(case: Case):
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
