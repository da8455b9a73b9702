"""Users' layers and networks: described equally in every process, and found again."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import npdeconv as nd
from npdeconv.cli import datasets, main
from npdeconv.layers import Layer
from npdeconv.models import own
from tests.tiny import tiny_dataset, tiny_network
from tests.training.test_resume import run_to

MINE = """
import numpy as np
from npdeconv.layers import Dense, Flatten, Layer, Sequential


class Scale(Layer):
    def __init__(self, factor, form=np.tanh):
        self.factor, self.form = factor, form

    def forward(self, x, *, rng=None):
        return x * x.dtype.type(self.factor), None

    def backward(self, dy, context):
        return dy * dy.dtype.type(self.factor), {}

    def deconv(self, y, context):
        return y

    def output_shape(self, input_shape):
        return input_shape


def mine(*, rng, dtype=np.float32):
    layers = {"scale": Scale(0.5), "flatten": Flatten(), "logits": Dense(784, 10, rng=rng, dtype=dtype)}
    return Sequential(layers, input_shape=(28, 28, 1))


def nothing(*, rng):
    return None


no_function = 3
"""


class Plain(Layer):
    """A user's layer without code for runs."""

    def __init__(self, size, table=None, unused=None, *, rng=None):
        self.size, self.table = size, table
        self.gain = np.ones(size, np.float32)

    @property
    def parameters(self):
        return {"gain": self.gain}

    def forward(self, x, *, rng=None):
        return x, None

    def backward(self, dy, context):
        return dy, {"gain": np.zeros_like(self.gain)}

    def deconv(self, y, context):
        return y

    def output_shape(self, input_shape):
        return input_shape


@pytest.fixture
def mine(tmp_path, monkeypatch):
    monkeypatch.setattr(nd.models, "_OWN", {})
    (tmp_path / "mine.py").write_text(MINE)
    return f"{tmp_path / 'mine.py'}:mine"


def test_a_layer_is_described_by_its_constructor_and_its_parameters():
    assert repr(Plain(3)) == "Plain(size=3, table=None, gain: (3,))"
    table = np.zeros((2, 2))
    assert (
        repr(Plain(3, table)) == "Plain(size=3, table=an array of dtype float64 and shape (2, 2), gain: (3,))"
    )


def with_own_layer(layer):
    return nd.layers.Sequential({"own": layer, **tiny_network().layers}, input_shape=(8, 8, 1), name="tiny")


@pytest.mark.parametrize("kind", [Plain, type("Addressed", (Plain,), {"__repr__": object.__repr__})])
def test_runs_with_own_layers_go_on(tmp_path, kind):
    run_to(tmp_path, network=with_own_layer(kind(1)), epochs=1)
    *_, history = run_to(tmp_path, network=with_own_layer(kind(1)), epochs=2, resume=True)
    assert history.epochs == 2
    if kind is Plain:
        with pytest.raises(
            ValueError, match=r"layers\.own 'Plain\(size=1, .*', and can't be resumed with 'Plain\(size=2"
        ):
            run_to(tmp_path, network=with_own_layer(Plain(2)), epochs=2, resume=True)


def command(*arguments):
    run = [sys.executable, "-c", "import sys; from npdeconv.cli import main; sys.exit(main())", *arguments]
    return subprocess.run(run, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])


def test_the_commands_train_resume_and_find_an_own_network(tmp_path, mine):
    run = str(tmp_path / "run")
    train = ["train", mine, "--data", "strokes", "--run", run, "--epochs"]
    for more in (["1"], ["2", "--resume"]):  # each in a new process
        done = command(*train, *more)
        assert (done.returncode, done.stderr.count("epoch ")) == (0, 1), done.stderr
    done = command("classify", run, "--images", "0")
    assert done.returncode == 2
    assert done.stderr == (
        f"npdeconv: {run}: its network 'mine' is none of npdeconv's; if you trust the code that builds it,"
        f" name it: --model {mine}, or in Python load_run(..., builder={mine!r})\n"
    )
    done = command("classify", run, "--images", "0", "--model", mine)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("image 0: ")
    done = command("info", mine)
    assert "scale        Scale" in done.stdout


FEW = """
from npdeconv.layers import Dense, Flatten, Sequential


def few(*, rng):
    return Sequential({"flatten": Flatten(), "logits": Dense(784, 3, rng=rng)})
"""


def test_an_own_network_of_fewer_outputs_comes_back_with_those_it_was_trained_on(
    tmp_path, monkeypatch, capsys
):
    (tmp_path / "few.py").write_text(FEW)
    few, run = f"{tmp_path / 'few.py'}:few", str(tmp_path / "run")
    monkeypatch.setattr(nd.models, "_OWN", {})
    monkeypatch.setattr(datasets, "STROKES", {"train": (20, 0), "test": (10, 1)})
    assert main(["train", few, "--data", "strokes", "--run", run, "--epochs", "1"]) == 0
    assert "few: the last layer has 10 outputs instead of 3" in capsys.readouterr().out
    network = nd.load_run(run, builder=few).network
    assert network.input_shape is None
    assert network.classes == tuple("0123456789")
    assert network.output_shape((28, 28, 1)) == (10,)


def test_a_run_comes_back_to_python(tmp_path, mine):
    network = nd.models.build(mine, rng=np.random.default_rng(0))
    assert network.name == "mine"
    data = nd.data.load_strokes(40, 0)
    nd.training.fit(
        network,
        data,
        nd.optimizers.SGD(0.01),
        epochs=2,
        rng=np.random.default_rng(0),
        run=tmp_path / "run",
        progress=False,
    )
    for given in (None, mine):  # it is known by now
        loaded = nd.load_run(tmp_path / "run", builder=given)
        assert loaded.data == "strokes"
        assert loaded.history.epochs == 2
        np.testing.assert_array_equal(
            loaded.network(np.ones((1, 28, 28, 1), np.float32)), network(np.ones((1, 28, 28, 1), np.float32))
        )
    nd.models._OWN.clear()
    with pytest.raises(
        ValueError, match=rf"run: its network 'mine' is none of .* --model {re.escape(mine)}, or"
    ):
        nd.load_run(tmp_path / "run")


def test_registered_networks_are_known_by_name(monkeypatch):
    monkeypatch.setattr(nd.models, "_OWN", {})

    @nd.models.register
    def tiny(*, rng):
        return tiny_network()

    assert nd.models.names()[-1] == "tiny"
    assert nd.models.build("tiny", rng=np.random.default_rng(0)).name == "tiny"
    assert nd.models.source("tiny") == "tests.models.test_own_networks:tiny"
    assert nd.models.source("deck_model3") is None
    with pytest.raises(TypeError, match="unexpected keyword argument 'dtype'"):
        nd.models.build("tiny", rng=np.random.default_rng(0), dtype=np.float64)
    with pytest.raises(
        ValueError, match=r"^register: expected a new name, got that of npdeconv's network plotka$"
    ):
        nd.models.register(nd.models.plotka)


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        (
            "{}/nowhere.py:mine",
            FileNotFoundError,
            r"nowhere\.py: there is no such file to build a network with$",
        ),
        (
            "nowhere_at_all:mine",
            ImportError,
            r"^nowhere_at_all:mine: could not be imported \(ModuleNotFoundError: ",
        ),
        ("{}/bad.py:mine", ImportError, r"bad\.py:mine: could not be imported \(SyntaxError: "),
        ("{}/mine.py:yours", ImportError, r"expected a function 'yours' in .*mine\.py, got none$"),
        (
            "{}/mine.py:no_function",
            ImportError,
            r"expected a function 'no_function' in .*mine\.py, got none$",
        ),
        (
            "{}/mine.py:nothing",
            TypeError,
            r"^nothing: expected a Sequential to be returned, got NoneType$",
        ),
    ],
)
def test_sources_that_build_no_network_are_named(tmp_path, mine, source, error, message):
    (tmp_path / "bad.py").write_text("def mine(:")
    with pytest.raises(error, match=message):
        nd.models.build(source.format(tmp_path), rng=np.random.default_rng(0))


def test_modules_are_found_too(mine, monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(tmp_path)
    network = nd.models.build("mine:mine", rng=np.random.default_rng(0), dtype=np.float64)
    assert network.dtype == np.float64
    assert nd.models.source("mine") == "mine:mine"
    assert own.load_builder("mine:mine").__name__ == "mine"


def test_a_folder_of_data_can_not_choose_the_code(tmp_path, capsys):
    marker = tmp_path / "was_run"
    (tmp_path / "evil.py").write_text(f"open({str(marker)!r}, 'w')")
    run_to(tmp_path / "run", dataset=tiny_dataset(80), epochs=1)
    text = (tmp_path / "run" / "config.json").read_text()
    evil = f"{tmp_path / 'evil.py'}:f"
    for name, builder, said in (
        ("strange", evil, evil),
        (evil, evil, evil),
        ("strange", "a.py:f; rm -rf x", "'a.py:f; rm -rf x'"),
        ("strange", "\\u001b[2J", "FILE.PY:FUNCTION"),
    ):
        hostile = text.replace('"tiny"', f'"{name}"').replace('"builder": null', f'"builder": "{builder}"')
        (tmp_path / "run" / "config.json").write_text(hostile)
        assert main(["classify", str(tmp_path / "run")]) == 2
        assert f"if you trust the code that builds it, name it: --model {said}, " in capsys.readouterr().err
    assert not marker.exists()
