"""Every public function and class has an example, which runs with the other tests.

An example uses `np`, `nd` and what it imports itself, see `conftest.py` in the folder above.
"""

import doctest
import inspect

import pytest

from npdeconv import layers
from tests.vocabulary import public_names, rooms

PUBLIC = {
    f"{room}.{name}": getattr(module, name)
    for room, module in rooms().items()
    for name in public_names(module)
}
CALLED = {where: one for where, one in PUBLIC.items() if inspect.isclass(one) or inspect.isroutine(one)}


def examples(one: object) -> list[doctest.Example]:
    """Return the lines of the section Examples, as doctest finds them."""
    _, _, section = (inspect.getdoc(one) or "").partition("\nExamples\n--------\n")
    return doctest.DocTestParser().get_examples(section)


def test_all_rooms_are_walked():
    assert len(CALLED) > 270
    assert {one.partition(".")[0] for one in PUBLIC} == rooms().keys()
    constants = PUBLIC.keys() - CALLED.keys()
    assert constants == {
        "breakage.CHECKS",
        "breakage.FAULTS",
        "data.Augmentation",
        "experiments.VARIANTS",
        "models.PUBLISHED",
        "report.worked_example",
        "visualize.Aim",
        "visualize.Fill",
        "visualize.Interpolation",
        "visualize.Ranking",
        "visualize.Select",
        "visualize.Surround",
        "visualize.Transform",
        "weights.PUBLISHED",
    }


@pytest.mark.parametrize("where", CALLED)
def test_every_public_name_has_an_example(where):
    assert examples(CALLED[where]), f"nd.{where} has no section Examples with >>> lines"
    assert inspect.getdoc(CALLED[where]).count("\nExamples\n-") == 1, "numpydoc reads one section Examples"


@pytest.mark.parametrize("where", CALLED)
def test_an_example_shows_the_name_that_it_explains(where):
    """As the reader types it: `nd.layers.ReLU`, or, of a result, the function whose result it is."""
    one = CALLED[where]
    lines = "".join(example.source for example in examples(one))
    if inspect.isclass(one) and hasattr(one, "_fields"):
        assert "nd." in lines
    else:  # by any of its names: `nd.training.predict` is `nd.inference.predict`
        names = [f"nd.{name}" for name, other in CALLED.items() if other is one]
        assert any(name in lines for name in [*names, f"nd.{one.__name__}"])


def test_what_has_no_example_is_found():
    class Silent(layers.ReLU):
        """Rectify, without a word more."""

    class Talking(layers.ReLU):
        """Rectify.

        Examples
        --------
        Just call it.
        """

    assert not examples(Silent)
    assert not examples(Talking)
    assert examples(layers.ReLU)
