"""SGD and its relatives.

An optimizer changes parameters in place. Its memory between steps (momenta) is the dictionary
`state`, with keys `parameter/slot`, which a checkpoint stores.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from npdeconv._checks import fraction, not_negative
from npdeconv._types import Array, Gradients


class Optimizer(ABC):
    """A rule that turns gradients into steps of the parameters.

    Examples
    --------
    >>> class Sign(nd.optimizers.Optimizer):
    ...     def _step(self, parameter, gradient, *remembered):
    ...         return self.learning_rate * np.sign(gradient)
    >>> weight = np.array([1.0, 2.0])
    >>> Sign(0.5).update({"weight": weight}, {"weight": np.array([30.0, -0.1])})
    >>> weight
    array([0.5, 2.5])
    """

    slots: ClassVar[tuple[str, ...]] = ()
    """Names of the arrays kept for each parameter; they have its shape and start at 0."""

    def __init__(self, learning_rate: float) -> None:
        self.learning_rate = not_negative(learning_rate, type(self).__name__, "learning_rate")
        self.steps = 0
        self.state: dict[str, Array] = {}

    @property
    def settings(self) -> dict[str, object]:
        """The constructor's arguments, for a run's record."""
        own = {key: value for key, value in vars(self).items() if key not in ("steps", "state")}
        return {"optimizer": type(self).__name__, **own}

    def prepare(self, parameters: Mapping[str, Array]) -> None:
        """Create the missing arrays of `state` for each parameter."""
        for name, parameter in parameters.items():
            for slot in self.slots:
                remembered = self.state.setdefault(f"{name}/{slot}", np.zeros_like(parameter))
                if remembered.shape != parameter.shape:
                    raise ValueError(
                        f"{type(self).__name__}: expected {name} of shape {remembered.shape}, as in earlier"
                        f" steps, got {parameter.shape}; an optimizer serves one network"
                    )

    def update(self, parameters: Mapping[str, Array], gradients: Gradients) -> None:
        """Take one step: change every parameter in place.

        Parameters
        ----------
        parameters, gradients : mappings of the same names to arrays of the same shapes
        """
        self.prepare(parameters)
        self.steps += 1
        for name, parameter in parameters.items():
            remembered = [self.state[f"{name}/{slot}"] for slot in self.slots]
            parameter -= self._step(parameter, gradients[name], *remembered)

    @abstractmethod
    def _step(self, parameter: Array, gradient: Array, *remembered: Array) -> Array:
        """Return the array to subtract from the parameter; update the remembered arrays in place."""


class SGD(Optimizer):
    """Stochastic gradient descent with momentum.

    Parameters
    ----------
    learning_rate : float
    momentum : float
        The share of the last velocity that is kept, at least 0 and below 1.
    nesterov : bool
        Look one velocity ahead, in the form of Sutskever et al. (2013) that PyTorch and Keras use.
    weight_decay : float
        Adds this multiple of each parameter to its gradient.

    Examples
    --------
    >>> sgd, weight = nd.optimizers.SGD(0.5, momentum=0.5), np.array([1.0])
    >>> for _ in range(2):
    ...     sgd.update({"weight": weight}, {"weight": np.array([1.0])})
    ...     print(weight)
    [0.5]
    [-0.25]
    """

    slots = ("velocity",)

    def __init__(
        self,
        learning_rate: float,
        *,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(learning_rate)
        self.momentum = fraction(momentum, "SGD", "momentum")
        self.nesterov = bool(nesterov)
        self.weight_decay = not_negative(weight_decay, "SGD", "weight_decay")
        if self.nesterov and not self.momentum:
            raise ValueError("SGD: nesterov needs a momentum above 0, got 0")

    def _step(self, parameter: Array, gradient: Array, *remembered: Array) -> Array:
        (velocity,) = remembered
        if self.weight_decay:
            gradient = gradient + self.weight_decay * parameter
        velocity *= self.momentum
        velocity += gradient
        ahead = gradient + self.momentum * velocity if self.nesterov else velocity
        return self.learning_rate * ahead


class Adam(Optimizer):
    """Steps scaled by running means of the gradient and of its square.

    Kingma & Ba, arXiv:1412.6980, algorithm 1, with its default constants.

    Examples
    --------
    >>> weight = np.array([1.0, 1.0])
    >>> nd.optimizers.Adam(0.5).update({"weight": weight}, {"weight": np.array([100.0, -0.01])})
    >>> weight.round(3)  # the first step has the length of the learning rate, whatever the gradient
    array([0.5, 1.5])
    """

    slots = ("mean", "square")

    def __init__(
        self,
        learning_rate: float = 1e-3,
        *,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
    ) -> None:
        super().__init__(learning_rate)
        self.beta1 = fraction(beta1, "Adam", "beta1")
        self.beta2 = fraction(beta2, "Adam", "beta2")
        self.epsilon = not_negative(epsilon, "Adam", "epsilon")

    def _step(self, parameter: Array, gradient: Array, *remembered: Array) -> Array:
        mean, square = remembered
        _decay(mean, gradient, self.beta1)
        _decay(square, gradient * gradient, self.beta2)
        # Both means started at 0; the scales remove this bias.
        mean_scale, square_scale = 1 - self.beta1**self.steps, 1 - self.beta2**self.steps
        return self.learning_rate / mean_scale * mean / (np.sqrt(square / square_scale) + self.epsilon)


class RMSprop(Optimizer):
    """Steps scaled by the root of a running mean of the squared gradient.

    Tieleman & Hinton, lecture 6.5 of "Neural Networks for Machine Learning" (2012); epsilon is
    added to the root, as in PyTorch. (Keras adds its 1e-7 inside the root, where it weighs as
    3e-4 does outside.)

    Examples
    --------
    >>> weight = np.array([1.0])
    >>> nd.optimizers.RMSprop(0.1, decay=0.75).update({"weight": weight}, {"weight": np.array([8.0])})
    >>> weight.round(3)  # 0.1 * 8 / sqrt(0.25 * 8**2)
    array([0.8])
    """

    slots = ("square",)

    def __init__(self, learning_rate: float = 1e-3, *, decay: float = 0.9, epsilon: float = 1e-7) -> None:
        super().__init__(learning_rate)
        self.decay = fraction(decay, "RMSprop", "decay")
        self.epsilon = not_negative(epsilon, "RMSprop", "epsilon")

    def _step(self, parameter: Array, gradient: Array, *remembered: Array) -> Array:
        (square,) = remembered
        _decay(square, gradient * gradient, self.decay)
        return self.learning_rate * gradient / (np.sqrt(square) + self.epsilon)


class Adadelta(Optimizer):
    """Steps scaled by the ratio of recent steps to recent gradients (root mean squares).

    Zeiler, arXiv:1212.5701, algorithm 1; `learning_rate` multiplies its step (1 in the paper).

    Examples
    --------
    >>> weight = np.array([1.0])
    >>> adadelta = nd.optimizers.Adadelta(decay=0.75, epsilon=1)
    >>> adadelta.update({"weight": weight}, {"weight": np.array([8.0])})
    >>> weight.round(3)  # 8 * sqrt(1) / sqrt(0.25 * 8**2 + 1)
    array([-0.94])
    """

    slots = ("square", "step_square")

    def __init__(self, learning_rate: float = 1.0, *, decay: float = 0.95, epsilon: float = 1e-6) -> None:
        super().__init__(learning_rate)
        self.decay = fraction(decay, "Adadelta", "decay")
        self.epsilon = not_negative(epsilon, "Adadelta", "epsilon")

    def _step(self, parameter: Array, gradient: Array, *remembered: Array) -> Array:
        square, step_square = remembered
        _decay(square, gradient * gradient, self.decay)
        step = np.sqrt(step_square + self.epsilon) / np.sqrt(square + self.epsilon) * gradient
        _decay(step_square, step * step, self.decay)
        return self.learning_rate * step


def _decay(mean: Array, value: Array, keep: float) -> None:
    """Move a running mean towards a value, in place."""
    mean *= keep
    mean += (1 - keep) * value
