"""Fast passes for training and prediction: convolution, ReLU and pooling in one go.

`Sequential` and `Graph` compute the same, layer by layer. But the output of a convolution is large, and
the next layer spends most of its time on fetching it from memory and storing the result. A plan
therefore fuses a convolution, a ReLU and 2x2 max pooling in sequence, if nothing else reads the values
in between, and computes all three while a tile of the output is in the processor's cache. It also skips
the gradient with respect to the images, which training does not need.

This is for float32. A network in float64 is passed layer by layer.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

import numpy as np

from npdeconv._types import Array, Generator, Gradients
from npdeconv.fast.blocks import Map
from npdeconv.fast.steps import Step, flat, fused, last_within
from npdeconv.layers import Sequential
from npdeconv.layers.base import Context
from npdeconv.layers.further.graph import last_reads
from npdeconv.layers.sequential import INPUT, chosen, in_layer, last

PlanTape = dict[str, Context]


class Plan:
    """Passes through a network and back, with its present parameters.

    Make a new one after each change of the parameters, since it holds transformed filters.

    Parameters
    ----------
    network : Sequential
        Or a `Graph`, which is one.
    workers : callable, optional
        Called like `map`, for the parts of a single image's pass; the result does not depend on it.
    watched : sequence of str
        Names of layers that `outputs` yields.

    Raises
    ------
    KeyError
        If the network has no such layer.

    Notes
    -----
    Rounding changes outputs by up to about 1e-5 of a layer's largest. `forward` gives equal patches of
    an image equal outputs, so that ties stay ties; a plain call does not.
    """

    def __init__(self, network: Sequential, workers: Map = map, *, watched: Sequence[str] = ()) -> None:
        nodes = list(flat(network))
        self._last = nodes[-1].name
        self._watched = {last_within(network[name], name): name for name in watched}
        self.steps = tuple(
            fused(nodes, workers, self._watched)
            if network.dtype == np.float32
            else (Step(name, layer, reads, name) for name, layer, reads in nodes)
        )
        self._released = last_reads({step.name: step.reads for step in self.steps})

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, PlanTape]:
        """Pass through; as `Sequential.forward`, but the tape is for this plan's `backward` alone."""
        tape: PlanTape = {}

        def through(step: Step, x: Any) -> Array:
            y, tape[step.name] = step.part.forward(x, rng=rng)
            return y

        return last(self._up(x, through)), tape

    def __call__(self, x: Array) -> Array:
        """Pass through, and keep nothing."""
        step = self.steps[0]
        if len(self.steps) == 1 and not step.part.merges:  # thousands of times in cones, see `fast.cone`
            with in_layer(step.name):
                return step.part(x)
        return last(self._up(x, lambda step, x: step.part(x)))

    def outputs(self, x: Array) -> Iterator[tuple[str, Array]]:
        """Yield (name, output) of the watched layers, in their order, as `Sequential.outputs`."""
        every = self._up(x, lambda step, x: step.part(x))
        for name, y in chosen(every, set(self._watched)):
            yield self._watched[name], y

    def _up(self, x: Array, through: Callable[[Step, Any], Array]) -> Iterator[tuple[str, Array]]:
        """Yield (name, output) of each step; release outputs that no step reads any more."""
        values = {INPUT: x}
        for step in self.steps:
            several = tuple(values[above] for above in step.reads)
            with in_layer(step.name):
                values[step.gives] = through(step, several if step.part.merges else several[0])
            for above in self._released[step.name]:
                del values[above]
            yield step.gives, values[step.gives]

    def backward(self, dy: Array, tape: PlanTape, live: Collection[str] | None = None) -> Gradients:
        """Return the gradients of the parameters, under the names that the network gives them.

        `dy` is overwritten, and the tape is used up: each context is released after its use. With the names
        of those to train, `live`, it goes down no further than to the lowest of these.
        """
        gradients: dict[str, Array] = {}
        arrived, moving = {self._last: dy}, self._moving(live)
        for step in reversed(self.steps):
            if step.gives not in moving:
                continue
            with in_layer(step.name):
                down, own = step.backward(arrived.pop(step.gives), tape.pop(step.name), moving)
            gradients |= {f"{step.name}.{key}": array for key, array in own.items()}
            for above, dx in down.items():
                arrived[above] = arrived[above] + dx if above in arrived else dx
        return gradients

    def _moving(self, live: Collection[str] | None) -> set[str]:
        """Return the outputs that depend on some of the parameters."""
        found: set[str] = set()
        for step in self.steps:
            own = live is None or any(name.startswith(f"{step.name}.") for name in live)
            if own or not found.isdisjoint(step.reads):
                found.add(step.gives)
        return found
