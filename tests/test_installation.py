"""The installation of the package: its types for editors, and the versions of its dependencies."""

import configparser
import os
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.version import Version

ROOT = Path(__file__).parent.parent


def requirements():
    """Return the requirements in setup.cfg, extras included."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    lists = [config["options"]["install_requires"], *config["options.extras_require"].values()]
    return sorted({line for text in lists for line in text.split("\n") if line})


def bounds():
    """Return the oldest allowed version of each dependency with one."""
    pairs = [line.split(" >= ") for line in requirements() if " >= " in line]
    assert len(dict(pairs)) == len(pairs), "setup.cfg states two lower bounds for one package"
    return dict(pairs)


def pins(name):
    lines = (ROOT / "tests" / "constraints" / name).read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


@pytest.mark.parametrize("name", bounds())
def test_the_constraints_name_all_dependencies(name):
    oldest, newest = pins("oldest.txt"), pins("newest.txt")
    assert Version(oldest[name]) == Version(bounds()[name])
    assert Version(newest[name]) >= Version(bounds()[name])


def test_editors_find_the_package_and_its_types(tmp_path):
    # Pylance, like mypy, finds the types from another folder without running the package.
    (tmp_path / "mine.py").write_text(
        "import npdeconv as nd\nreveal_type(nd.weights.save)\n", encoding="utf-8"
    )
    found = subprocess.run(
        [sys.executable, "-m", "mypy", "mine.py"],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "MYPYPATH")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert 'Revealed type is "def (network: npdeconv.layers' in found.stdout, found.stdout + found.stderr
    assert found.returncode == 0, found.stdout
