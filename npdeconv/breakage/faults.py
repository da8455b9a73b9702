"""The faults by name, each as the parts of a deconvnet of which one is faulty."""

import inspect
from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

from npdeconv._checks import did_you_mean
from npdeconv._repr import brief
from npdeconv.breakage import layers, tools
from npdeconv.breakage.parts import Parts

Shows: TypeAlias = Literal["projection", "ranking", "display", "occlusion", "training", "weights"]
"""What a fault's picture shows."""

BLACK = """An occluder is black, on pictures whose background is black.

    Zero is the default of many tools, and on drawn digits it hides ink alone: where it covers the
    background, nothing changes, so the map says that the empty middle of a 0 does not matter.
    (captum, pull request 428, is about the same default for standardized photos, where zero is gray.)
    """


@brief
class Fault(NamedTuple):
    """A published fault.

    Attributes
    ----------
    name : str
    parts : Parts, the right ones except for one
    story : str, what is wrong, where it was seen, and what it does
    shows : Shows
    layer : str, of the network of the pictures; one of its units is projected

    Examples
    --------
    >>> nd.breakage.FAULTS["unrectified"].shows
    'projection'
    """

    name: str
    parts: Parts
    story: str
    shows: Shows
    layer: str

    @property
    def title(self) -> str:
        """The first sentence of the story."""
        return self.story.split("\n")[0]


def _fault(
    name: str, parts: Parts, told_by: object, shows: Shows = "projection", layer: str = "relu2"
) -> Fault:
    story = told_by if isinstance(told_by, str) else inspect.getdoc(told_by)
    return Fault(name, parts, inspect.cleandoc(story or ""), shows, layer)


FAULTS: Mapping[str, Fault] = {
    fault.name: fault
    for fault in (
        _fault("bias_added", Parts(conv=layers.BiasAdded), layers.BiasAdded, layer="dense2"),
        _fault("not_flipped", Parts(conv=layers.NotFlipped), layers.NotFlipped),
        _fault(
            "unrectified", Parts(relu=layers.Unrectified, head_relu=layers.Unrectified), layers.Unrectified
        ),
        _fault("guided", Parts(relu=layers.Guided, head_relu=layers.Guided), layers.Guided),
        _fault(
            "gradient_in_head", Parts(head_relu=layers.GradientInHead), layers.GradientInHead, layer="dense2"
        ),
        _fault("unswitched", Parts(pool=layers.Unswitched), layers.Unswitched),
        _fault("padded_switches", Parts(pool=layers.PaddedSwitches), layers.PaddedSwitches, layer="dense2"),
        _fault("ties_spread", Parts(pool=layers.TiesSpread), layers.TiesSpread),
        _fault("overwritten", Parts(pool=layers.Overwritten), layers.Overwritten),
        _fault("adam_reset", Parts(adam=tools.ForgetfulAdam), tools.ForgetfulAdam, "training"),
        _fault("mean_ranking", Parts(rank=tools.by_mean), tools.by_mean, "ranking"),
        _fault("min_max_display", Parts(display=tools.stretched), tools.stretched, "display"),
        _fault("black_occluder", Parts(fill="black"), BLACK, "occlusion"),
        _fault("seeded_alike", Parts(generators=tools.seeded_alike), tools.seeded_alike, "weights"),
    )
}
"""All faults, in the order of the way down, then of what stands around it."""


def fault_of(name: str) -> Fault:
    """Return a fault by its name.

    Raises
    ------
    KeyError
        If there is none, with the names of all.

    Examples
    --------
    >>> nd.breakage.fault_of("adam_reset").name
    'adam_reset'
    """
    if name not in FAULTS:
        raise KeyError(f"no fault {name!r}{did_you_mean(name, FAULTS)}; the faults are {', '.join(FAULTS)}")
    return FAULTS[name]
