"""The architecture: imports go down only, and importing the package stays light."""

import ast
import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

import npdeconv

PACKAGE = Path(npdeconv.__file__).parent

FLOORS = [  # from the ground up; a module may import from its own floor and from those below
    {"_version", "_types", "_jit", "_repr", "_html", "_thumbnails", "_text", "_blas", "_progress", "plain"},
    {"_checks", "_files", "_unpickling"},
    {"kernels", "parallel"},
    {"initializers", "layers"},
    {"losses", "optimizers", "data"},
    {"models", "weights", "gradcheck", "finite", "anatomy"},
    {"fast", "inference"},
    {"visualize", "training", "autoencoder"},
    {"callbacks"},
    {"experiments", "breakage", "learn"},
    {"plot"},
    {"report"},
    {"cli"},
    {"__main__"},
]
STRANGERS = {"visualize": {"training"}, "training": {"visualize"}}  # same floor, but nothing in common
DRAWING = {"plot", "report", "cli"}
FRAMEWORKS = {"torch", "tensorflow", "keras", "jax", "captum"}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imports(path: Path) -> set[str]:
    """Return all dotted names that a module imports, at its top or inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            assert node.module
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def floor(name: str) -> int:
    return next(level for level, rooms in enumerate(FLOORS) if name in rooms)


PLAIN = PACKAGE / "plain.py"


def relative(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


@pytest.mark.parametrize("path", [path for path in modules() if path != PLAIN], ids=relative)
def test_imports_go_down(path):
    own = room(path)
    for name in imports(path):
        first, *rest = name.split(".")
        assert first not in FRAMEWORKS, f"{path} imports {name}"
        assert first != "matplotlib" or own in DRAWING, f"{path} imports {name}"
        if first == "npdeconv" and rest and own != "__init__" and rest != ["__version__"]:
            assert floor(rest[0]) <= floor(own), f"{path} imports {name} from above"
            assert rest[0] not in STRANGERS.get(own, ()), f"{path} imports {name}"


def test_the_paper_in_one_file_stands_alone():
    """It imports only NumPy (except in the program at its end); tests, docs and exercises alone import it."""
    *idea, program = ast.parse(PLAIN.read_text(encoding="utf-8")).body
    assert isinstance(program, ast.If)
    imported = [ast.unparse(node) for node in idea if isinstance(node, ast.Import | ast.ImportFrom)]
    assert imported == ["import numpy as np", "from numpy.lib.stride_tricks import sliding_window_view"]
    assert not [path for path in modules() if _imports_plain(path) and room(path) != "learn"]


def _imports_plain(path: Path) -> bool:
    return any(name.startswith("npdeconv.plain") for name in imports(path))


@pytest.mark.parametrize("package", ["npdeconv", "benchmarks"])
def test_no_imports_go_in_a_circle(package):
    root = PACKAGE.parent if package == "npdeconv" else Path(__file__).parents[1]
    files = {
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path
        for path in (root / package).rglob("*.py")
    }
    assert len(files) > 20
    graph = {}
    for name, path in files.items():
        # The module of "benchmarks.run.main" counts, imported at the top or inside a function.
        found = imports(path)
        graph[name] = {one if one in files else one.rpartition(".")[0] for one in found} & set(files)
    graphlib.TopologicalSorter(graph).prepare()  # a CycleError names the circle


def test_files_stay_small():
    long = {path.name: lines for path in modules() if (lines := len(path.read_text().splitlines())) > 300}
    assert not long


def test_fast_functions_take_few_arguments_by_position():
    many = [
        f"{relative(path)}: {node.name}"
        for path in modules()
        if room(path) in {"fast", "kernels"}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and len(node.args.posonlyargs + node.args.args) > 9
    ]
    assert not many


def test_only_the_jit_policy_and_no_other_module_names_numba():
    users = {path.name for path in modules() if any(name.split(".")[0] == "numba" for name in imports(path))}
    assert users == {"_jit.py"}


def test_nothing_uses_global_randomness():
    for path in modules():
        text = path.read_text(encoding="utf-8")
        for call in ("np.random.seed", "np.random.rand", "np.random.normal", "np.random.permutation"):
            assert f"{call}(" not in text, path


def test_import_loads_no_matplotlib_and_touches_no_network():
    script = """
import socket, sys
def refuse(*arguments, **options):
    raise AssertionError("a socket was opened")
socket.socket.connect = refuse
import npdeconv as nd
nd.layers.Sequential, nd.data.load_mnist, nd.training.fit, nd.visualize.project, nd.weights.save
nd.models.names(), nd.gradcheck.check_gradients, nd.callbacks.Snapshots, nd.optimizers.SGD
assert "matplotlib" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize(
    "name", ["data", "experiments", "plot", "report", "training", "visualize", "weights"]
)
def test_slow_parts_are_imported_on_first_use(name):
    script = f"""
import sys
import npdeconv as nd
assert "npdeconv.{name}" not in sys.modules
assert not {{"scipy.ndimage", "scipy.interpolate", "PIL", "tarfile"}} & set(sys.modules)
assert "{name}" in dir(nd)
assert nd.{name} is sys.modules["npdeconv.{name}"]
"""
    subprocess.run([sys.executable, "-c", script], check=True)
    assert name in npdeconv.__all__


def test_unknown_attributes_raise_an_error():
    with pytest.raises(AttributeError, match=r"^module 'npdeconv' has no attribute 'draw'$"):
        npdeconv.draw  # noqa: B018
    assert "inference" in npdeconv.__all__
