"""A reader of pickles of plain data, which cannot run code.

A pickle is a program: its opcodes may import and call anything, so loading one can run anybody's
code. Here the standard library only splits the program into opcodes (`pickletools.genops`), and the
few opcodes that plain data need are interpreted below. The machine imports nothing and calls only
the functions that its caller allows, so a hostile pickle can at worst be refused.

The standard library's own unpickler is not safe, even with a `find_class` that refuses everything,
because it trusts sizes. A file of nine bytes (`LONG_BINPUT` with a large number) makes it allocate a
memo of 4 GB. Here the memo is a dictionary, and `LARGEST` bounds the bytes made.
"""

import math
from collections.abc import Callable, Mapping
from pickletools import genops
from typing import Any, BinaryIO, TypeAlias

import numpy as np

from npdeconv._checks import describe
from npdeconv._files import UnexpectedError
from npdeconv._types import Array

Names: TypeAlias = Mapping[str, Any]
"""The stand-in for each name such as "collections.OrderedDict": a function to be called, or a value."""

LARGEST = 2**27
"""Bytes that a pickle may make beside its own text; a batch of CIFAR-10 makes 31 million."""

PER_STEP = 100
"""The most bytes that one opcode makes, text aside: an empty dictionary and its place on the stack."""


class UnknownNameError(UnexpectedError):
    """A pickle names a function or class that is not allowed."""


def restricted_load(file: BinaryIO, names: Names, find_persistent: Callable[[Any], Any] | None = None) -> Any:
    """Read one pickle (protocol 2 or later) of plain data, and leave the file position at its end.

    Parameters
    ----------
    file : binary file
    names : mapping of str to function or value
        All names that the pickle may use, such as `NUMPY`. The functions get hostile arguments;
        their results may have a method `restore(state)`.
    find_persistent : function, optional
        Returns the value of a persistent id.

    Returns
    -------
    Any
        Numbers, strings, bytes, None, lists, tuples, dictionaries, and results of `names`. The byte
        strings of Python 2 become str with one character per byte (latin-1).

    Raises
    ------
    UnexpectedError
        If the pickle names or does anything else (nothing of it is executed), or makes more than
        `LARGEST` bytes: calls may copy the same text again and again.
    Exception
        Of almost any type, if the pickle is damaged: call this inside `npdeconv._files.naming`.
    """
    machine = _Machine(names, find_persistent)
    for opcode, argument, _ in genops(file):
        machine.spend(PER_STEP)
        if opcode.name == "STOP":
            return machine.stack.pop()
        if opcode.name not in _OPCODES:
            raise UnexpectedError(f"expected a pickle of plain data, got one with opcode {opcode.name}")
        _OPCODES[opcode.name](machine, argument)
    raise AssertionError("genops ends with STOP or raises")


def brief(value: Any) -> str:
    """Name a value from a pickle in a message; a list that shares its parts can take forever to write out."""
    is_plain = value is None or isinstance(value, str | bytes | int | float)
    return describe(value) if is_plain else f"a value of type {type(value).__name__}"


class _Machine:
    """The stack and the memo of one pickle."""

    def __init__(self, names: Names, find_persistent: Callable[[Any], Any] | None) -> None:
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}
        self.names = names
        self.find_persistent = find_persistent
        self.spent = 0

    def spend(self, size: int) -> None:
        """Count bytes before they are made."""
        self.spent += size
        if self.spent > LARGEST:
            raise UnexpectedError(f"expected a pickle that makes at most {LARGEST} bytes, got a larger one")

    def pop_to_mark(self) -> list[Any]:
        start = self.marks.pop()
        items = self.stack[start:]
        del self.stack[start:]
        return items

    def make_tuple(self, length: int) -> None:
        items = tuple(self.stack.pop() for _ in range(length))
        self.stack.append(items[::-1])

    def extend(self, items: list[Any]) -> None:
        if type(self.stack[-1]) is not list:
            raise UnexpectedError("expected a pickle of plain data, got one that appends to a non-list")
        self.stack[-1].extend(items)

    def set_items(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if not isinstance(target, dict):
            raise UnexpectedError("expected a pickle of plain data, got one with keys in a non-dictionary")
        for key, value in zip(items[::2], items[1::2], strict=True):
            # Hashing nested tuples that share their parts can take forever.
            if not isinstance(key, str | bytes | int):
                raise UnexpectedError(
                    f"expected a pickle of plain data, got one with a key of type {type(key).__name__}"
                )
            target[key] = value

    def find(self, name: Any) -> None:
        if not isinstance(name, str) or name not in self.names:
            raise UnknownNameError(
                f"expected a pickle of arrays and nothing else, got one that asks for {brief(name)};"
                f" nothing was executed"
            )
        self.stack.append(self.names[name])

    def find_in_module(self) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        self.find(f"{module}.{name}" if isinstance(module, str) and isinstance(name, str) else None)

    def call(self) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        is_known = any(function is known for known in self.names.values())
        if not is_known or not callable(function) or type(arguments) is not tuple:
            raise UnexpectedError("expected a pickle of plain data, got one that calls a non-function")
        self.spend(_text_in(arguments))
        self.stack.append(function(*arguments))

    def build(self) -> None:
        state = self.stack.pop()
        if hasattr(self.stack[-1], "restore"):
            self.spend(_text_in(state))
            self.stack[-1].restore(state)
        elif not isinstance(self.stack[-1], dict):  # attributes of a dictionary are dropped: they are no data
            raise UnexpectedError("expected a pickle of plain data, got one that sets attributes")

    def follow(self, key: Any) -> None:
        if self.find_persistent is None:
            raise UnexpectedError("expected a pickle of plain data, got one with persistent ids")
        self.stack.append(self.find_persistent(key))


def _text_in(values: Any) -> int:
    """Return the bytes of text that a function may copy."""
    return (
        sum(len(value) for value in values if isinstance(value, str | bytes)) if type(values) is tuple else 0
    )


_LITERALS = (
    *("BININT", "BININT1", "BININT2", "LONG1", "LONG4", "BINFLOAT", "BINSTRING", "SHORT_BINSTRING"),
    *("BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8"),
)
_OPCODES: dict[str, Callable[[_Machine, Any], object]] = {
    **dict.fromkeys(_LITERALS, lambda machine, argument: machine.stack.append(argument)),
    **dict.fromkeys(("PROTO", "FRAME"), lambda machine, argument: None),
    "NONE": lambda machine, _: machine.stack.append(None),
    "NEWTRUE": lambda machine, _: machine.stack.append(True),
    "NEWFALSE": lambda machine, _: machine.stack.append(False),
    "MARK": lambda machine, _: machine.marks.append(len(machine.stack)),
    "EMPTY_LIST": lambda machine, _: machine.stack.append([]),
    "EMPTY_TUPLE": lambda machine, _: machine.stack.append(()),
    "EMPTY_DICT": lambda machine, _: machine.stack.append({}),
    "TUPLE": lambda machine, _: machine.stack.append(tuple(machine.pop_to_mark())),
    "TUPLE1": lambda machine, _: machine.make_tuple(1),
    "TUPLE2": lambda machine, _: machine.make_tuple(2),
    "TUPLE3": lambda machine, _: machine.make_tuple(3),
    "APPEND": lambda machine, _: machine.extend([machine.stack.pop()]),
    "APPENDS": lambda machine, _: machine.extend(machine.pop_to_mark()),
    "SETITEM": lambda machine, _: machine.set_items([machine.stack.pop(), machine.stack.pop()][::-1]),
    "SETITEMS": lambda machine, _: machine.set_items(machine.pop_to_mark()),
    **dict.fromkeys(
        ("BINPUT", "LONG_BINPUT"), lambda machine, place: machine.memo.update({place: machine.stack[-1]})
    ),
    **dict.fromkeys(
        ("BINGET", "LONG_BINGET"), lambda machine, place: machine.stack.append(machine.memo[place])
    ),
    "MEMOIZE": lambda machine, _: machine.memo.update({len(machine.memo): machine.stack[-1]}),
    "GLOBAL": lambda machine, name: machine.find(name.replace(" ", ".")),
    "STACK_GLOBAL": lambda machine, _: machine.find_in_module(),
    "REDUCE": lambda machine, _: machine.call(),
    "BUILD": lambda machine, _: machine.build(),
    "BINPERSID": lambda machine, _: machine.follow(machine.stack.pop()),
}


class PickledArray:
    """A NumPy array of a pickle: made empty first, then restored. Read `array` after the whole pickle."""

    def __init__(self, *_: Any) -> None:
        """Ignore the arguments of NumPy's `_reconstruct`."""
        self.array: Array = np.empty(0)

    def restore(self, state: Any) -> None:
        """Take (version, shape, dtype, Fortran order?, bytes), and check that they agree."""
        _, shape, dtype, is_fortran, content = state
        if isinstance(content, str):  # from Python 2
            content = content.encode("latin-1")
        if not isinstance(dtype, _PickledType) or not isinstance(content, bytes) or not _is_shape(shape):
            raise UnexpectedError("expected a pickled array of numbers, got something else")
        size = math.prod(shape) * dtype.dtype.itemsize
        if len(content) != size:
            raise UnexpectedError(f"expected a pickled array of {size} bytes, got {len(content)}")
        flat = np.frombuffer(content, dtype.dtype) if size else np.empty(0, dtype.dtype)
        self.array = flat.reshape(shape, order="F" if is_fortran else "C")


def _is_shape(value: Any) -> bool:
    return type(value) is tuple and all(type(length) is int and length >= 0 for length in value)


class _PickledType:
    """A NumPy dtype of a pickle: kind and size first, the byte order later."""

    def __init__(self, code: Any, *_: Any) -> None:
        if code not in ("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"):
            raise UnexpectedError(f"expected a pickled array of numbers, got one of {brief(code)}")
        self.dtype = np.dtype(code)

    def restore(self, state: Any) -> None:
        """Take (version, byte order, ...); the rest concerns structures and strings only."""
        order = state[1]
        if order not in ("<", ">", "|", "="):
            raise UnexpectedError(f"expected a pickled array of numbers, got byte order {brief(order)}")
        self.dtype = self.dtype.newbyteorder(order)


def _encode(text: str, encoding: str) -> bytes:
    """Return the bytes that Python 3 wrote as text into a pickle of protocol 2."""
    if encoding != "latin1":
        raise UnexpectedError(f"expected bytes in latin1, got {brief(encoding)}")
    return text.encode("latin-1")


NUMPY: Names = {
    "numpy.core.multiarray._reconstruct": PickledArray,
    "numpy._core.multiarray._reconstruct": PickledArray,
    "numpy.ndarray": None,
    "numpy.dtype": _PickledType,
    "_codecs.encode": _encode,
    "__builtin__.bytes": lambda: b"",  # Python 3's way to write empty bytes
}
"""The names in pickles of NumPy arrays, which become `PickledArray`s."""
