"""Every fault of break-it mode is caught by a public check, and does what its story says."""

import re

import numpy as np
import pytest

from npdeconv.breakage import CHECKS, FAULTS, Parts, build, caught_by, fault_of, show
from npdeconv.breakage.checks import golden, golden_network
from npdeconv.breakage.layers import Overwritten, PaddedSwitches, TiesSpread, Unswitched
from npdeconv.breakage.scenes import scene_network
from npdeconv.breakage.tools import ForgetfulAdam, stretched
from npdeconv.data import as_input, load_strokes
from npdeconv.layers import MaxPool2D
from tests.breakage.table import MARK, PAGE, table

every_fault = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)

SAID = {  # what the most telling check says of each
    "bias_added": ("check_adjoint", r"^conv: the way down is off the transpose by "),
    "not_flipped": ("planted patch", r"^the projection correlates with the planted patch by -0\.\d\d$"),
    "unrectified": ("golden projections", r"^the projection of unit \(.*\) of \w+ differs from Captum's by "),
    "guided": ("golden projections", r"^the projection of unit \(4, 5, 0\) of relu1 differs"),
    "gradient_in_head": ("golden projections", r"^the projection of unit \(\d\) of dense2 differs"),
    "unswitched": ("planted patch", r"^the projection is not zero beside the planted patch$"),
    "padded_switches": ("check_layer", r"^pool: adjoint: deconv is not the transpose of forward"),
    "ties_spread": ("golden projections", r"^the projection of unit \(.*\) of pool1 differs"),
    "overwritten": ("check_gradients", r"^gradients differ from finite differences by "),
    "adam_reset": ("golden steps of Adam", r"^step 2 differs from PyTorch's$"),
    "mean_ranking": ("planted patch", r"^the image ranked first is not the one with the planted patch$"),
    "min_max_display": (
        "golden display",
        r"^\[-1\.0, 0, 2\] is shown as \[0\.0, .*, expected \[0\.25, 0\.5, 1\]$",
    ),
    "black_occluder": ("planted patch", r"^hiding the planted dark pixel changes nothing$"),
    "seeded_alike": ("initial weights", r"^the initial weights of two layers correlate by 1\.00$"),
}


def test_the_right_parts_pass_all_checks():
    assert caught_by(Parts()) == {}


@every_fault
def test_every_fault_is_caught_for_what_it_is(fault):
    check, match = SAID[fault.name]
    assert re.search(match, CHECKS[check](fault.parts) or "")


def test_the_page_shows_what_the_checks_say():
    """Run `python -m tests.breakage.table` to write it again."""
    shown = PAGE.read_text(encoding="utf-8").split(MARK)[1].strip()
    assert shown == table()
    rows = shown.splitlines()[2:]
    assert len(rows) == len(FAULTS)
    assert all("caught" in row for row in rows)


def test_every_fault_that_one_check_catches_has_its_lesson():
    lessons = PAGE.read_text(encoding="utf-8").split("## Where only one check catches it")[1]
    alone = {row.split("`")[1] for row in table().splitlines()[2:] if row.count("caught") == 1}
    assert alone == {name for name in FAULTS if f"`{name}`" in lessons}


@every_fault
def test_a_fault_is_one_part_and_the_way_up_stays(fault):
    changed = [name for name, part in fault.parts._asdict().items() if part is not getattr(Parts(), name)]
    assert len({getattr(fault.parts, name) for name in changed}) == 1
    image = golden()["image"]
    np.testing.assert_array_equal(golden_network(fault.parts)(image), golden_network(Parts())(image))


@every_fault
def test_every_fault_changes_its_picture(fault):
    scene = show(fault)
    assert scene.right.shape == scene.wrong.shape
    assert np.isfinite(scene.right).all()
    assert scene.difference > 0.02
    assert fault.title in fault.story
    assert fault.title.endswith(".")
    assert len(fault.story.splitlines()) > 3


def test_the_network_of_the_pictures_reads_digits():
    digits = load_strokes(300, seed=11)
    answers = scene_network(Parts())(as_input(digits.images, np.float32)).argmax(axis=1)
    assert (answers == digits.labels).mean() > 0.8


X = np.array([[3.0, 3, 0, 0], [0, 0, 0, 0], [0, 0, 5, 0], [0, 0, 0, 0]])[None, ..., None]


def down(pool, y):
    _, context = pool.forward(X)
    return pool.deconv(np.array(y, float)[None, ..., None], context)[0, ..., 0]


def test_pooling_by_hand():
    """Two windows of 2x2 hold ties, one has a winner inside; 3x3 windows of stride 1 share the winner 5."""
    ones = [[1, 2], [4, 8]]
    right = [[1, 0, 2, 0], [0, 0, 0, 0], [4, 0, 8, 0], [0, 0, 0, 0]]
    np.testing.assert_array_equal(down(MaxPool2D(2), ones), right)
    spread = [[1, 1, 2, 2], [0, 0, 2, 2], [4, 4, 8, 0], [4, 4, 0, 0]]
    np.testing.assert_array_equal(down(TiesSpread(2), ones), spread)
    np.testing.assert_array_equal(down(Unswitched(2), ones), right)  # here, all winners are in the corners
    np.testing.assert_array_equal(down(Unswitched(3, stride=1), ones)[:2, :2], ones)
    assert down(MaxPool2D(3, stride=1), ones)[2, 2] == 15
    assert down(Overwritten(3, stride=1), ones)[2, 2] == 8
    padded = {"stride": 2, "padding": ((1, 1), (1, 1))}
    assert down(MaxPool2D(2, **padded), np.ones((3, 3))).sum() == 9
    assert down(PaddedSwitches(2, **padded), np.ones((3, 3))).sum() == 6  # 3 begin in the margin


def test_adam_that_forgets_takes_steps_of_one_size():
    adam, parameters = ForgetfulAdam(0.1), {"w": np.zeros(3)}
    for gradient in ([1e-3, 5, -2], [10, -1, -1e-4]):
        before = parameters["w"].copy()
        adam.update(parameters, {"w": np.array(gradient)})
        np.testing.assert_allclose(np.abs(parameters["w"] - before), 0.1, rtol=1e-3)


def test_a_constant_projection_stretched_is_not_a_number():
    assert np.isnan(stretched(np.ones(3))).all()


def test_a_fault_by_another_name():
    with pytest.raises(
        KeyError, match=r"no fault 'guide' \(did you mean 'guided'\?\); the faults are bias_added, "
    ):
        fault_of("guide")


def test_parts_of_ones_own():
    class Halved(MaxPool2D):
        def deconv(self, y, context):
            return super().deconv(y, context) / 2

    assert {"check_layer", "golden projections"} <= caught_by(Parts(pool=Halved)).keys()
    assert [*build(Parts(), (12, 12, 1), (3, 4), 5, 3).layers][:3] == ["conv1", "relu1", "pool1"]
