"""Networks that users wrote, by the function that builds them: "file.py:function" or "module:function"."""

import sys
from collections.abc import Callable
from importlib import import_module, util
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

from npdeconv.layers import Sequential

Builder: TypeAlias = Callable[..., Sequential]
"""Called with `rng`, and with `dtype` if it is not float32."""


def load_builder(source: str) -> Builder:
    """Run the named file, or import the named module, and return the function in it.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ImportError
        If the file or module can't be imported, or has no such function.
    """
    place, _, function = source.rpartition(":")
    try:
        module = _run_file(Path(place)) if place.endswith(".py") else import_module(place)
    except FileNotFoundError:
        raise
    except Exception as error:  # the user's code may raise anything
        raise ImportError(f"{source}: could not be imported ({type(error).__name__}: {error})") from error
    builder = getattr(module, function, None)
    if not callable(builder):
        raise ImportError(f"{source}: expected a function {function!r} in {place}, got none")
    return builder


def _run_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such file to build a network with")
    name = f"npdeconv_own_{path.stem}"
    spec = util.spec_from_file_location(name, path)
    assert spec is not None  # every .py file has one
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look up their module here
    if str(path.parent.resolve()) not in sys.path:
        sys.path.append(str(path.parent.resolve()))  # it may import modules beside it, as a script may
    spec.loader.exec_module(module)
    return module


def source_of(builder: Builder) -> str:
    """Return the name by which `load_builder` finds a function, from any folder."""
    module = sys.modules.get(builder.__module__)
    file = getattr(module, "__file__", None)
    is_script = builder.__module__ == "__main__" or builder.__module__.startswith("npdeconv_own_")
    place = str(Path(file).resolve()) if file and is_script else builder.__module__
    return f"{place}:{builder.__name__}"


def build_own(name: str, builder: Builder, options: dict[str, Any]) -> Sequential:
    """Build a network, and give it the name by which a run finds its builder again."""
    network = builder(**options)
    if not isinstance(network, Sequential):
        raise TypeError(f"{name}: expected a Sequential to be returned, got {type(network).__name__}")
    network.name = name
    return network
