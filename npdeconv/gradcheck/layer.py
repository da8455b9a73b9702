"""`check_layer`: check the whole contract of a layer in one call."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

import numpy as np

from npdeconv._checks import describe
from npdeconv._repr import brief
from npdeconv._types import Array, Generator, Shape
from npdeconv.gradcheck import clauses, conduct
from npdeconv.gradcheck.trials import BrokenClauseError, distinct, in_dtype
from npdeconv.layers import Layer

Clause: TypeAlias = Callable[[Layer, Array], str | None]

CLAUSES: Mapping[str, Clause] = {
    "finite differences": clauses.finite_differences,
    "adjoint": clauses.adjoint,
    "homogeneity": clauses.homogeneity,
    "rules of descent": clauses.rules,
    "output_shape": clauses.output_shape,
    "gradients": clauses.gradients,
    "receptive_field": clauses.receptive_field,
    "locality": clauses.locality,
    "outputs": clauses.outputs,
    "dtype": conduct.dtype,
    "batch": conduct.batch,
    "inputs untouched": conduct.inputs,
    "strided inputs": conduct.strides,
    "interleaved passes": conduct.interleaved,
    "eight threads": conduct.threads,
    "no trace": conduct.trace,
    "copies": conduct.copies,
    "shape on the way down": conduct.descent,
}


class ClauseCheck(NamedTuple):
    """The result of one clause.

    Attributes
    ----------
    name : str
    failure : str or None, one sentence
    omitted : str or None, why the clause does not apply to the layer

    Examples
    --------
    >>> report = nd.gradcheck.check_layer(nd.layers.ReLU(), (5, 7, 3))
    >>> [check.name for check in report.checks if check.omitted]
    ['adjoint', 'outputs']
    """

    name: str
    failure: str | None
    omitted: str | None


@brief
class LayerReport(NamedTuple):
    """The result of `check_layer`; `str` of it is a table.

    Attributes
    ----------
    layer : str, its repr
    input_shape : Shape
    checks : tuple[ClauseCheck, ...]

    Examples
    --------
    >>> class Halved(nd.layers.ReLU):
    ...     def backward(self, dy, context):
    ...         dx, gradients = super().backward(dy, context)
    ...         return dx / 2, gradients
    >>> report = nd.gradcheck.check_layer(Halved(), (5, 7, 3))
    >>> report.passed, report.failures[0].split(":")[0]
    (False, 'finite differences')
    """

    layer: str
    input_shape: Shape
    checks: tuple[ClauseCheck, ...]

    @property
    def passed(self) -> bool:
        """Whether no clause is broken."""
        return not self.failures

    @property
    def failures(self) -> tuple[str, ...]:
        """One sentence for each broken clause."""
        return tuple(f"{check.name}: {check.failure}" for check in self.checks if check.failure)

    def __str__(self) -> str:
        lines = [f"{self.layer}, inputs of shape {self.input_shape}"]
        for name, failure, omitted in self.checks:
            verdict = "FAILED" if failure else f"not asked: {omitted}" if omitted else "passed"
            lines.append(f"  {name:<22} {verdict}")
        kept = len(self.checks) - len(self.failures)
        verdict = "passed" if self.passed else f"FAILED: {len(self.failures)} broken, {kept} not"
        return "\n".join([*lines, verdict, *(f"  {failure}" for failure in self.failures)])


def check_layer(layer: Layer, input_shape: Shape, *, rng: Generator | None = None) -> LayerReport:
    """Check a layer against the whole contract of `npdeconv.layers.base`.

    Parameters
    ----------
    layer : Layer
        Of any dtype. The checks use copies, in which random values replace parameters of zeros, such
        as biases: zeros would hide a forgotten parameter.
    input_shape : tuple of int
        Of one input, such as (H, W, C). Odd and different numbers hide fewer errors.
    rng : numpy.random.Generator, optional
        Draws the inputs; seed 0 unless given.

    Returns
    -------
    LayerReport

    Raises
    ------
    TypeError
        If `layer` is no Layer.
    ValueError
        If the layer does not take inputs of this shape.

    Notes
    -----
    The clauses are those of `npdeconv.gradcheck.clauses`, on the arithmetic, and of
    `npdeconv.gradcheck.conduct`. A clause that raises any other error counts as broken.

    Examples
    --------
    >>> nd.gradcheck.check_layer(nd.layers.LeakyReLU(0.2), (5, 7, 3)).passed
    True
    """
    if not isinstance(layer, Layer):
        raise TypeError(f"check_layer: expected a Layer, got {describe(layer)}")
    layer.output_shape(input_shape)
    rng = np.random.default_rng(0) if rng is None else rng
    x = distinct((3, *input_shape), rng)
    noise = int(rng.integers(2**63))
    checks = tuple(_check(name, clause, layer, x, noise) for name, clause in CLAUSES.items())
    return LayerReport(repr(layer), tuple(input_shape), checks)


def _check(name: str, clause: Clause, layer: Layer, x: Array, noise: int) -> ClauseCheck:
    try:
        # Each clause gets a copy: a broken clause must not affect the next.
        return ClauseCheck(name, None, clause(_filled(layer, noise), x.copy()))
    except BrokenClauseError as error:
        return ClauseCheck(name, str(error), None)
    except Exception as error:  # a user's layer may raise anything
        return ClauseCheck(name, f"{type(error).__name__}: {error}", None)


def _filled(layer: Layer, noise: int) -> Layer:
    """Return a float64 copy with random values in place of parameters of zeros."""
    twin, rng = in_dtype(layer, np.float64), np.random.default_rng(noise)
    for array in twin.parameters.values():
        if not array.any():
            array[...] = rng.normal(size=array.shape)
    return twin
