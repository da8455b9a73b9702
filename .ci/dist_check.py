"""Build wheel and sdist, and test what a user would install: `PYTHON .ci/dist_check.py [CONSTRAINTS]`.

The wheel is built from the sdist and installed, with the versions that CONSTRAINTS (a file) pins, into a new
environment of this Python. The sdist's tests that are not slow then run outside the repository, where only
the installed package can be imported, and so does `npdeconv demo`.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HIDDEN = "."  # files of git and CI are in no distribution


def main() -> None:
    """Build, compare, install and test; a failed command ends it."""
    constraints = ["--constraint", str(Path(sys.argv[1]).resolve())] if len(sys.argv) > 1 else []
    with tempfile.TemporaryDirectory(prefix="npdeconv-dist-") as name:
        place = Path(name)
        tracked = copy_tracked(place / "source")
        python = environment(place / "builder")
        run(python, "-m", "pip", "install", "--quiet", "build")
        run(python, "-m", "build", "--outdir", place / "dist", place / "source")
        sdist, wheel = unpacked(place)
        nothing_is_missing(tracked, sdist, wheel)

        shutil.rmtree(sdist / "npdeconv")  # so that tests import what is installed
        python = environment(place / "clean")
        run(python, "-m", "pip", "install", "--quiet", f"{wheel}[test]", *constraints)
        run(python, "-m", "pip", "check")
        run(python.with_name("npdeconv"), "demo", "--out", place / "demo", cwd=place)
        run(python, "-m", "pytest", "-q", "-m", "not slow", "tests", "README.md", cwd=sdist)
    print(f"{wheel.name} is complete, and its tests pass with Python {sys.version.split()[0]}")


def copy_tracked(target: Path) -> list[str]:
    """Copy what git tracks, so that nothing else in the folder can get in or help; return the names."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    names = [name for name in listed.stdout.split("\0") if name]
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target / name)
    return names


def environment(folder: Path) -> Path:
    """Make a virtual environment and return its Python."""
    venv.create(folder, with_pip=True)
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def run(*command: str | Path, cwd: Path = ROOT) -> None:
    """Run a command that sees no other installation or checkout of the package."""
    print("$", *command, flush=True)
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "MYPYPATH")}
    subprocess.run(list(map(str, command)), cwd=cwd, env=kept, check=True)


def unpacked(place: Path) -> tuple[Path, Path]:
    """Return the sdist's unpacked folder, and the wheel."""
    (packed,), (wheel,) = place.glob("dist/*.tar.gz"), place.glob("dist/*.whl")
    with tarfile.open(packed) as file:
        file.extractall(place / "sdist", filter="data")
    (folder,) = (place / "sdist").iterdir()
    return folder, wheel


def nothing_is_missing(tracked: list[str], sdist: Path, wheel: Path) -> None:
    """Check that the sdist holds every visible file that git tracks, and the wheel those of the package."""
    visible = {name for name in tracked if not name.startswith(HIDDEN)}
    packed = {path.relative_to(sdist).as_posix() for path in sdist.rglob("*") if path.is_file()}
    with zipfile.ZipFile(wheel) as file:
        installed = {name for name in file.namelist() if name.startswith("npdeconv/")}
    package = {name for name in tracked if name.startswith("npdeconv/")}
    if missing := visible - packed:
        sys.exit(f"the sdist lacks {sorted(missing)}")
    if different := package ^ installed:
        sys.exit(f"the wheel and the package differ in {sorted(different)}")


if __name__ == "__main__":
    main()
