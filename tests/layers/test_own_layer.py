"""docs/howto/own_layer.md works: its layer is written to a file, checked, trained and projected through."""

import doctest
import re
import runpy
from pathlib import Path

import pytest

from npdeconv import cli

PAGE = Path(__file__).parents[2] / "docs/howto/own_layer.md"


@pytest.fixture
def prelu(tmp_path):
    """The page's file."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    path = tmp_path / "prelu.py"
    path.write_text(code, encoding="utf-8")
    return path


def test_the_page_runs(prelu, monkeypatch):
    monkeypatch.syspath_prepend(prelu.parent)
    import prelu as own

    test = doctest.DocTestParser().get_doctest(
        PAGE.read_text(encoding="utf-8"), dict(vars(own)), PAGE.name, str(PAGE), 0
    )
    said = []
    result = doctest.DocTestRunner().run(test, out=said.append)
    assert result.attempted > 10
    assert result.failed == 0, "".join(said)


def test_a_layer_takes_less_than_30_lines(prelu):
    assert len(prelu.read_text(encoding="utf-8").strip().splitlines()) < 30
    assert "PReLU" in runpy.run_path(str(prelu))


def test_the_command_on_the_page(prelu, capsys):
    (line,) = re.findall(r"^\$ npdeconv (check .*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    command = line.replace("prelu.py", str(prelu)).split()
    assert cli.main(command) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.endswith("\npassed\n")


def test_the_command_counts_broken_clauses(prelu, capsys):
    text = prelu.read_text(encoding="utf-8").replace("return np.where(below", "return 1.001 * np.where(below")
    prelu.write_text(text, encoding="utf-8")
    assert cli.main(["check", f"{prelu}:PReLU", "3", "slope=0.5"]) == 2
    out, err = capsys.readouterr()
    assert "\n  finite differences     FAILED\n" in out
    assert "\n  finite differences: backward: the gradient of x differs" in out
    assert err == f"npdeconv: {prelu}:PReLU: 1 of 18 clauses are broken\n"


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["Conv2D", "3", "4", "3", "padding=same", "groups=1"], 0),
        (["Conv2D", "3", "4", "(3, 2)", "stride=2", "dtype=float64"], 0),
        (["Dense", "6", "4", "--input", "6"], 0),
        (["Conv2D", "2", "4", "3"], "Conv2D: expected 2 input channels, got 3"),
        (["Conv2D", "3", "4", "3", "padding=some"], "padding must be 'valid', 'same' or"),
        (["Softsign"], "expected a function 'Softsign' in npdeconv.layers, got none"),
    ],
)
def test_arguments_reach_the_class(arguments, status, capsys):
    name, *rest = arguments
    found = cli.main(["check", f"npdeconv.layers:{name}", *rest])
    out, err = capsys.readouterr()
    if status == 0:
        assert (found, err) == (0, ""), out
    else:
        assert found == 2
        assert status in err
