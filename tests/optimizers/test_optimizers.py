"""Optimizers against plain Python, PyTorch's trajectories and a quadratic; schedules; constraints."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from npdeconv.optimizers import (
    SGD,
    Adadelta,
    Adam,
    CosineDecay,
    FilterRenormalization,
    MaxNorm,
    ReduceOnPlateau,
    RMSprop,
    StepDecay,
)

GOLDEN = json.loads(Path(__file__).parents[1].joinpath("golden/optimizers.json").read_text(encoding="utf-8"))


def steps_of(optimizer, start, gradients):
    """Return the parameters after each gradient."""
    parameters = {"w": np.array(start, dtype=np.float64)}
    positions = []
    for gradient in gradients:
        optimizer.update(parameters, {"w": np.array(gradient, dtype=np.float64)})
        positions.append(parameters["w"].copy())
    return positions


# Each oracle follows one number through the published algorithm.


def sgd(w, gradients, rate, momentum=0.0, nesterov=False, decay=0.0):
    v = 0.0
    for g in gradients:
        g += decay * w
        v = momentum * v + g
        w -= rate * (g + momentum * v if nesterov else v)
        yield w


def adam(w, gradients, rate, beta1, beta2, epsilon):
    m = v = 0.0
    for t, g in enumerate(gradients, 1):
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
        w -= rate * (m / (1 - beta1**t)) / (math.sqrt(v / (1 - beta2**t)) + epsilon)
        yield w


def rmsprop(w, gradients, rate, decay, epsilon):
    v = 0.0
    for g in gradients:
        v = decay * v + (1 - decay) * g**2
        w -= rate * g / (math.sqrt(v) + epsilon)
        yield w


def adadelta(w, gradients, rate, rho, epsilon):
    v = u = 0.0
    for g in gradients:
        v = rho * v + (1 - rho) * g**2
        step = math.sqrt(u + epsilon) / math.sqrt(v + epsilon) * g
        u = rho * u + (1 - rho) * step**2
        w -= rate * step
        yield w


@pytest.mark.parametrize(
    ("optimizer", "oracle", "arguments"),
    [
        (SGD(0.1), sgd, (0.1,)),
        (SGD(0.1, momentum=0.9), sgd, (0.1, 0.9)),
        (SGD(0.1, momentum=0.9, nesterov=True), sgd, (0.1, 0.9, True)),
        (SGD(0.1, weight_decay=0.2), sgd, (0.1, 0.0, False, 0.2)),
        (SGD(0.1, momentum=0.5, nesterov=True, weight_decay=0.2), sgd, (0.1, 0.5, True, 0.2)),
        (Adam(), adam, (1e-3, 0.9, 0.999, 1e-8)),
        (Adam(0.1, beta1=0.5, beta2=0.7, epsilon=0.1), adam, (0.1, 0.5, 0.7, 0.1)),
        (RMSprop(), rmsprop, (1e-3, 0.9, 1e-7)),
        (RMSprop(0.1, decay=0.5, epsilon=0.1), rmsprop, (0.1, 0.5, 0.1)),
        (Adadelta(), adadelta, (1.0, 0.95, 1e-6)),
        (Adadelta(0.5, decay=0.5, epsilon=0.1), adadelta, (0.5, 0.5, 0.1)),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_every_number_follows_the_algorithm(optimizer, oracle, arguments):
    start, gradients = [1.0, -2.0, 0.0], np.random.default_rng(3).normal(0, 1, (9, 3))
    got = np.array(steps_of(optimizer, start, gradients))
    expected = np.array(
        [list(oracle(w, column, *arguments)) for w, column in zip(start, gradients.T, strict=True)]
    ).T
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-15)


def from_torch(kind, arguments):
    ours = {"lr": "learning_rate", "eps": "epsilon", "alpha": "decay", "rho": "decay"}
    arguments = {ours.get(key, key): value for key, value in arguments.items()}
    if "betas" in arguments:
        arguments["beta1"], arguments["beta2"] = arguments.pop("betas")
    return {"SGD": SGD, "Adam": Adam, "RMSprop": RMSprop, "Adadelta": Adadelta}[kind](**arguments)


@pytest.mark.parametrize("run", GOLDEN["runs"], ids=lambda run: f"{run['kind']}-{run['arguments']}")
def test_trajectories_are_those_of_pytorch(run):
    got = steps_of(from_torch(run["kind"], run["arguments"]), GOLDEN["start"], GOLDEN["gradients"])
    np.testing.assert_allclose(got, run["parameters"], rtol=1e-11, atol=1e-13)


def test_worked_example_of_momentum():
    # v = 1, 1.5, 1.75; the steps are a tenth of that
    got = steps_of(SGD(0.1, momentum=0.5), [1.0], [[1.0]] * 3)
    np.testing.assert_allclose(np.ravel(got), [0.9, 0.75, 0.575], rtol=1e-14)


def test_the_first_step_of_adam_is_the_learning_rate():
    # Without bias correction it would be (1 - 0.9) / sqrt(1 - 0.999) = 3.2 times as large.
    for gradient in (1e-3, 5.0, -700.0):
        ((w,),) = steps_of(Adam(0.01), [0.0], [[gradient]])
        assert w == pytest.approx(-0.01 * np.sign(gradient), rel=1e-4)


def test_state_persists_and_belongs_to_one_parameter():
    optimizer = Adam(0.1)
    parameters = {"a": np.zeros(2, np.float32), "b.c": np.zeros((1, 3), np.float32)}
    gradients = {"a": np.ones(2, np.float32), "b.c": np.full((1, 3), 2, np.float32)}
    for steps in (1, 2, 3):
        optimizer.update(parameters, gradients)
        assert optimizer.steps == steps
        assert list(optimizer.state) == ["a/mean", "a/square", "b.c/mean", "b.c/square"]
        np.testing.assert_allclose(optimizer.state["a/mean"], 1 - 0.9**steps, rtol=1e-5)
        np.testing.assert_allclose(optimizer.state["b.c/square"], 4 * (1 - 0.999**steps), rtol=1e-3)
        assert {array.dtype for array in optimizer.state.values()} == {np.dtype(np.float32)}
    assert parameters["a"].dtype == np.float32


def test_gradients_do_not_change_and_parameters_change_in_place():
    parameter, gradient = np.ones(3), np.ones(3)
    gradient.flags.writeable = False
    for optimizer in (SGD(0.1, momentum=0.9, weight_decay=0.1), Adam(), RMSprop(), Adadelta()):
        before = parameter.copy()
        optimizer.update({"w": parameter}, {"w": gradient})
        assert (parameter < before).all()


@pytest.mark.parametrize(
    "optimizer",
    [
        SGD(0.05),
        SGD(0.02, momentum=0.9),
        SGD(0.02, momentum=0.9, nesterov=True),
        Adam(0.1),
        RMSprop(0.002),
        Adadelta(10.0),
    ],
    ids=lambda optimizer: type(optimizer).__name__,
)
def test_the_bottom_of_a_bowl_is_found(optimizer):
    bowl, bottom = np.array([1.0, 10.0]), np.array([0.5, -0.25])  # loss: sum(bowl * (w - bottom)**2) / 2
    parameters = {"w": np.array([1.0, 1.0])}
    for _ in range(1500):
        optimizer.update(parameters, {"w": bowl * (parameters["w"] - bottom)})
    np.testing.assert_allclose(parameters["w"], bottom, atol=5e-3)


def test_an_optimizer_refuses_another_network():
    optimizer = SGD(0.1, momentum=0.9)
    optimizer.update({"w": np.zeros(3)}, {"w": np.ones(3)})
    parameters = {"w": np.zeros(4)}
    with pytest.raises(
        ValueError, match=r"^SGD: expected w of shape \(3,\), as in earlier steps, got \(4,\);"
    ):
        optimizer.update(parameters, {"w": np.ones(4)})
    np.testing.assert_array_equal(parameters["w"], 0)


def test_settings_are_the_arguments():
    optimizer = SGD(0.1, momentum=0.9, weight_decay=1e-4)
    optimizer.update({"w": np.zeros(1)}, {"w": np.ones(1)})
    assert optimizer.settings == {
        "optimizer": "SGD",
        "learning_rate": 0.1,
        "momentum": 0.9,
        "nesterov": False,
        "weight_decay": 1e-4,
    }
    assert Adam(1, epsilon=0).settings == {
        "optimizer": "Adam",
        "learning_rate": 1.0,
        "beta1": 0.9,
        "beta2": 0.999,
        "epsilon": 0.0,
    }
    json.dumps(RMSprop().settings | Adadelta().settings)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: SGD(-0.1), ValueError, r"SGD: learning_rate must be finite and not negative, got -0\.1"),
        (lambda: SGD(np.nan), ValueError, r"SGD: learning_rate must be finite and not negative, got nan"),
        (lambda: SGD("0.1"), TypeError, r"SGD: learning_rate must be a number, got '0\.1'"),
        (lambda: SGD(0.1, momentum=1), ValueError, r"SGD: momentum must be at least 0 and below 1, got 1"),
        (lambda: SGD(0.1, weight_decay=-1), ValueError, r"SGD: weight_decay must be finite and not negative"),
        (lambda: SGD(0.1, nesterov=True), ValueError, r"SGD: nesterov needs a momentum above 0, got 0"),
        (lambda: Adam(np.inf), ValueError, r"Adam: learning_rate must be finite and not negative, got inf"),
        (lambda: Adam(beta1=1.0), ValueError, r"Adam: beta1 must be at least 0 and below 1, got 1\.0"),
        (lambda: Adam(beta2=-0.1), ValueError, r"Adam: beta2 must be at least 0 and below 1, got -0\.1"),
        (lambda: Adam(epsilon=-1), ValueError, r"Adam: epsilon must be finite and not negative, got -1"),
        (lambda: RMSprop(decay=2), ValueError, r"RMSprop: decay must be at least 0 and below 1, got 2"),
        (lambda: RMSprop(epsilon=None), TypeError, r"RMSprop: epsilon must be a number, got None"),
        (lambda: Adadelta(decay=True), TypeError, r"Adadelta: decay must be a number, got True"),
        (lambda: Adadelta(epsilon=-1), ValueError, r"Adadelta: epsilon must be finite and not negative"),
        (lambda: StepDecay(0), ValueError, r"StepDecay: every must be at least 1, got 0"),
        (lambda: StepDecay(1.5), TypeError, r"StepDecay: every must be an integer, got 1\.5"),
        (lambda: StepDecay(1, -1), ValueError, r"StepDecay: factor must be finite and not negative, got -1"),
        (lambda: CosineDecay(0), ValueError, r"CosineDecay: epochs must be at least 1, got 0"),
        (lambda: ReduceOnPlateau(0), ValueError, r"ReduceOnPlateau: patience must be at least 1, got 0"),
        (lambda: ReduceOnPlateau(1, "x"), TypeError, r"ReduceOnPlateau: factor must be a number, got 'x'"),
        (
            lambda: ReduceOnPlateau(1, monitor="speed"),
            ValueError,
            r"ReduceOnPlateau: monitor must be one of validation_loss, loss, got 'speed'",
        ),
        (lambda: FilterRenormalization(-1), ValueError, r"FilterRenormalization: radius must be finite and"),
    ],
)
def test_bad_arguments(make, error, message):
    with pytest.raises(error, match=f"^{message}"):
        make()


def test_step_decay():
    schedule = StepDecay(2, 0.5)
    multiples = [schedule({"loss": [1.0] * epochs}) for epochs in range(6)]
    assert multiples == [1, 1, 0.5, 0.5, 0.25, 0.25]
    assert repr(schedule) == "StepDecay(2, 0.5)"


def test_cosine_decay():
    schedule = CosineDecay(3)
    rates = [schedule({"loss": [1.0] * epochs}) for epochs in range(6)]
    # cos 30 and 150 degrees are +- the root of 3/4.
    np.testing.assert_allclose(rates, [(1 + 0.75**0.5) / 2, 0.5, (1 - 0.75**0.5) / 2, 0, 0, 0], atol=1e-15)
    assert repr(schedule) == "CosineDecay(3)"


def test_reduce_on_plateau():
    schedule = ReduceOnPlateau(2, 0.5, monitor="loss")
    losses = [5, 4, 4, 4.5, 3, 3, 3, 3, 3, 2]
    #         -  -  1  2->  -  1  2->1  2->-
    multiples = [schedule({"loss": losses[:epochs]}) for epochs in range(11)]
    assert multiples == [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125]
    assert repr(schedule) == "ReduceOnPlateau(2, 0.5, 'loss')"


def test_reduce_on_plateau_needs_its_column():
    with pytest.raises(
        ValueError, match=r"^ReduceOnPlateau: expected a validation_loss in each epoch, got NaN in epoch 1"
    ):
        ReduceOnPlateau(2)({"loss": [1.0], "validation_loss": [math.nan]})


@pytest.mark.parametrize("radius", [0.1, 12.8])
def test_filters_end_on_the_radius_or_stay(radius):
    rng = np.random.default_rng(0)
    weight = rng.normal(0, 1, (3, 3, 2, 5)).astype(np.float32)
    size = np.sqrt((weight.astype(np.float64) ** 2).mean(axis=(0, 1, 2)))
    weight *= (radius * np.array([3, 1.01, 0.99, 0.2, 0]) / size).astype(np.float32)
    others = {"bias": np.full(5, 1e3, np.float32), "dense": np.full((4, 5), 1e3, np.float32)}
    before = {"weight": weight.copy()} | {name: array.copy() for name, array in others.items()}
    FilterRenormalization(radius)({"weight": weight} | others)

    after = np.sqrt((weight.astype(np.float64) ** 2).mean(axis=(0, 1, 2)))
    np.testing.assert_allclose(after[:2], radius, rtol=1e-6)
    assert weight[..., 2:].tobytes() == before["weight"][..., 2:].tobytes()
    ratio = weight[..., :2] / before["weight"][..., :2]
    np.testing.assert_allclose(ratio, np.broadcast_to(ratio[0, 0, 0], ratio.shape), rtol=1e-6)
    for name, array in others.items():
        np.testing.assert_array_equal(array, before[name])
    assert weight.dtype == np.float32


def test_a_radius_of_zero_makes_zeros():
    weight = np.ones((2, 2, 1, 2))
    weight[..., 1] = 0
    FilterRenormalization(0)({"weight": weight})
    np.testing.assert_array_equal(weight, 0)


def test_max_norm_scales_columns_back_and_leaves_shorter_ones():
    weight = np.array([[3.0, 0.3, 6], [4, 0.4, 8]])  # columns of norm 5, 0.5 and 10
    other = np.full((2, 2), 100.0)
    MaxNorm(2.5, "dense1.weight")({"dense1.weight": weight, "logits.weight": other})
    np.testing.assert_allclose(weight, [[1.5, 0.3, 1.5], [2, 0.4, 2]])
    np.testing.assert_array_equal(other, 100)


def test_max_norm_of_filters_is_over_all_their_weights():
    weight = np.random.default_rng(0).normal(size=(3, 2, 4, 5)).astype(np.float32)
    before = weight.copy()
    MaxNorm(1, "conv1.weight")({"conv1.weight": weight})
    np.testing.assert_allclose(np.sqrt((weight.astype(float) ** 2).sum(axis=(0, 1, 2))), 1, rtol=1e-6)
    np.testing.assert_allclose(weight / weight[0, 0, 0], before / before[0, 0, 0], rtol=1e-4)
    assert weight.dtype == np.float32


def test_max_norm_of_zero_makes_zeros():
    weight = np.array([[1.0, 0], [1, 0]])
    MaxNorm(0, "w")({"w": weight})
    np.testing.assert_array_equal(weight, 0)


def test_max_norm_checks_its_arguments():
    with pytest.raises(ValueError, match=r"^MaxNorm: limit must be finite and not negative, got -1$"):
        MaxNorm(-1, "w")
    with pytest.raises(KeyError, match=r"MaxNorm: no parameter 'dense2.weight'; there are dense1.weight"):
        MaxNorm(3, "dense2.weight")({"dense1.weight": np.ones((2, 2))})
    assert repr(MaxNorm(3, "dense1.weight")) == "MaxNorm(3.0, 'dense1.weight')"
