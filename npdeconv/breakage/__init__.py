"""Break-it mode: the faults that published deconvnets had, and the public checks that catch them.

In reading order: `layers` and `tools` (the faults, with their stories), `parts` (a deconvnet whose parts
can be replaced), `faults` (all by name), `checks` and `planted` (what catches them), `scenes` (what each
does to a picture).
"""

from npdeconv.breakage.checks import CHECKS, caught_by
from npdeconv.breakage.faults import FAULTS, Fault, fault_of
from npdeconv.breakage.parts import Parts, build
from npdeconv.breakage.scenes import Scene, show

__all__ = ["CHECKS", "FAULTS", "Fault", "Parts", "Scene", "build", "caught_by", "fault_of", "show"]
