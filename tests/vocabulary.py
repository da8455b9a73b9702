"""All that is public, as `tests.test_vocabulary` reads it: functions, constructors, fields of results."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any, NamedTuple

import npdeconv

SPELLINGS = {  # what the annotations of `npdeconv._types` become, as their authors wrote them
    # Older versions of NumPy write Any for the shape.
    r"numpy\.ndarray\[(tuple\[typing\.Any, \.\.\.\]|typing\.Any), numpy\.dtype\[typing\.Any\]\]": "Array",
    r"tuple\[int, int\]": "Pair",
    r"\b(?:\w+\.)+(?=\w)": "",
}


class Word(NamedTuple):
    """An argument or a field: where it is, its name and its annotation as text."""

    where: str
    name: str
    kind: str
    default: Any


def public_modules() -> list[ModuleType]:
    """Return all modules but those of the command line, whose words are its options."""
    walked = pkgutil.walk_packages(npdeconv.__path__, "npdeconv.")
    names = [module.name for module in walked if not re.search(r"\._|\.cli\b", module.name)]
    return [npdeconv, *map(importlib.import_module, names)]


def rooms() -> dict[str, ModuleType]:
    """Return the modules whose names are stable (`docs/stability.md`), by their names in the package."""
    found = {name: getattr(npdeconv, name) for name in npdeconv.__all__}
    return {name: one for name, one in found.items() if inspect.ismodule(one)}


def public_names(room: ModuleType) -> list[str]:
    """Return what a module names in `__all__` or, without it, defines without an underscore."""
    return sorted(getattr(room, "__all__", None) or {one.__name__ for one in _own([room])})


def name_of(one: Any) -> str:
    return f"{one.__module__.removeprefix('npdeconv.')}.{one.__qualname__}"


def public_classes(modules: list[ModuleType]) -> list[type]:
    return [one for one in _own(modules) if inspect.isclass(one)]


def public_functions(modules: list[ModuleType]) -> Iterator[tuple[str, Any]]:
    """Yield functions, methods and constructors with their names; of a NamedTuple, only its methods."""
    for one in _own(modules):
        if not inspect.isclass(one):
            yield name_of(one), one
            continue
        if "__init__" in vars(one) and not issubclass(one, Exception):
            yield name_of(one), one.__init__
        for name, method in vars(one).items():
            function = getattr(method, "__func__", method)  # of a class method
            if inspect.isfunction(function) and not name.startswith("_"):
                yield f"{name_of(one)}.{name}", function


def words(modules: list[ModuleType]) -> Iterator[Word]:
    """Yield every argument, and every field that is annotated."""
    for where, function in public_functions(modules):
        for parameter in inspect.signature(function).parameters.values():
            yield Word(where, parameter.name, spelled(parameter.annotation), parameter.default)
    for kind in public_classes(modules):
        for name, annotation in vars(kind).get("__annotations__", {}).items():
            if not name.startswith("_"):
                yield Word(name_of(kind), name, spelled(annotation), False)


def spelled(annotation: Any) -> str:
    """Return an annotation as text, without the modules of its names; "" for none, as in `plain`."""
    if annotation is inspect.Parameter.empty:
        return ""
    text = inspect.formatannotation(annotation)
    for pattern, spelling in SPELLINGS.items():
        text = re.sub(pattern, spelling, text)
    return re.sub(r"ForwardRef\('(.*?)'.*?\)", r"\1", text).strip("'")


def _own(modules: list[ModuleType]) -> list[Any]:
    """Return what modules define themselves, and do not only import."""
    found = []
    for module in modules:
        for name, one in vars(module).items():
            plain = inspect.unwrap(one) if callable(one) else one
            if not name.startswith("_") and getattr(plain, "__module__", None) == module.__name__:
                found += [plain] if inspect.isfunction(plain) or inspect.isclass(plain) else []
    return found
