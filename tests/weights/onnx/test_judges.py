"""The package onnx's own test cases: every one passes, or is refused in a sentence; none is wrong."""

import re
from collections import Counter
from pathlib import Path

import onnx
import pytest

from tests.weights.onnx.judges import judge, node_cases, pytorch_cases
from tests.weights.onnx.table import MARK, table

PAGE = Path(__file__).parents[3] / "docs" / "onnx.md"
COUNTED = "1.23.2"  # the version of the package whose cases are counted here and on the page

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def verdicts():
    return [judge(case) for case in [*node_cases(), *pytorch_cases()]]


def test_no_case_is_wrong(verdicts):
    assert not [verdict.name for verdict in verdicts if verdict.outcome == "wrong"]
    assert len(verdicts) > 200


def test_every_refusal_names_the_node_and_its_operator_or_what_is_wrong_with_the_whole(verdicts):
    for verdict in verdicts:
        if verdict.outcome == "refused":
            said = verdict.reason
            whole = r"expected (one output|an output|images|one input|operators of version)"
            assert re.match(r"node '.+' \(\w+\) can't become a layer: \S", said) or re.search(whole, said), (
                said
            )
            assert "\n" not in said
            assert len(said) < 400


@pytest.mark.skipif(onnx.__version__ != COUNTED, reason=f"counts the cases of onnx {COUNTED}")
def test_as_many_pass_as_the_page_says(verdicts):
    assert Counter(verdict.outcome for verdict in verdicts) == {"passed": 145, "refused": 116}
    _, written, _ = PAGE.read_text(encoding="utf-8").split(MARK)
    assert written.strip() == table(verdicts).strip()
