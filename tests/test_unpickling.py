"""The reader of pickles: it reads plain data as the standard library does, and refuses everything else."""

import io
import os
import pickle
import struct
import sys
import tracemalloc
from collections import OrderedDict

import numpy as np
import pytest

from npdeconv._files import UnexpectedError
from npdeconv._unpickling import NUMPY, restricted_load


def load(content, names=NUMPY, find_persistent=None):
    return restricted_load(io.BytesIO(content), names, find_persistent)


PLAIN = [
    None,
    [True, False, 0, 1, 255, 256, -1, 2**31, -(2**70), 0.5, float("inf")],
    {"a": (), "b": (1,), b"c": (1, 2), 3: (1, 2, 3), "e": (1, 2, 3, 4)},
    ["", "é\u2028", "x" * 300, b"", b"\x00\xff", b"y" * 300],
    [[], [[1], [2, [3]]], {}, {"deep": {"deeper": {}}}],
]


@pytest.mark.parametrize("value", PLAIN, ids=range(5))
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_plain_data_survive_pickling(value, protocol):
    assert load(pickle.dumps(value, protocol)) == value


@pytest.mark.parametrize("protocol", [2, 3, 4])
@pytest.mark.parametrize("dtype", ["u1", "<i8", ">f4", "<f2", "b1"])
def test_numpy_arrays_survive_pickling(protocol, dtype):
    array = np.arange(24).reshape(2, 3, 4).astype(dtype)
    for stored in (array, np.asfortranarray(array), array[:0]):
        got = load(pickle.dumps({"data": stored}, protocol))["data"].array
        assert got.dtype == stored.dtype
        np.testing.assert_array_equal(got, stored)


def test_shared_objects_stay_shared():
    part = [1]
    first, second = load(pickle.dumps([part, part]))
    assert first == [1]
    assert first is second


def test_strings_of_python_2_are_latin_1():
    # As cPickle wrote CIFAR-10: {'labels': '\xe9\x00'}, one short and one long string.
    content = b"\x80\x02}q\x01U\x06labelsq\x02T\x02\x00\x00\x00\xe9\x00s."
    assert load(content) == {"labels": "\xe9\x00"}


def test_an_array_of_python_2():
    content = (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85U\x01b\x87Rq\x03"
        b"(K\x01K\x02K\x02\x86cnumpy\ndtype\nq\x04U\x02u1K\x00K\x01\x87Rq\x05"
        b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89U\x04\x00\x80\xc3\xfftb."
    )
    np.testing.assert_array_equal(load(content).array, np.array([[0, 128], [195, 255]], np.uint8))


def test_the_file_position_is_at_the_end_of_the_pickle():
    file = io.BytesIO(pickle.dumps([1], 2) + pickle.dumps([2], 2) + b"rest")
    assert restricted_load(file, {}) == [1]
    assert restricted_load(file, {}) == [2]
    assert file.read() == b"rest"


class Bomb:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


@pytest.mark.parametrize("protocol", range(6))
def test_nothing_is_executed(tmp_path, protocol):
    planted = tmp_path / "planted"
    content = pickle.dumps({"data": Bomb(planted)}, protocol)
    pickle.loads(content)["data"].close()
    assert planted.exists()  # the bomb works
    planted.unlink()
    with pytest.raises(
        UnexpectedError, match=r"^expected a pickle of (arrays and nothing else|plain data), "
    ):
        load(content)
    assert not planted.exists()


def test_names_are_refused_by_name_and_import_nothing():
    assert "antigravity" not in sys.modules
    with pytest.raises(UnexpectedError, match=r"got one that asks for 'antigravity\.fly'; nothing was exec"):
        load(b"\x80\x02cantigravity\nfly\n.")
    assert "antigravity" not in sys.modules
    with pytest.raises(UnexpectedError, match=r"asks for 'posix\.system'; nothing was executed$"):
        load(pickle.dumps(os.system))
    with pytest.raises(UnexpectedError, match=r"asks for a value of type str; nothing was executed$"):
        load(b"\x80\x02c" + b"x" * 100 + b"\nfly\n.")
    with pytest.raises(UnexpectedError, match=r"asks for None; nothing was executed$"):
        load(b"\x80\x04K\x01\x8c\x01x\x93.")


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"\x80\x02X\x01\x00\x00\x00a)R.", "got one that calls a non-function$"),
        (b"\x80\x02cnumpy\nndarray\n)R.", "got one that calls a non-function$"),
        (b"\x80\x02cnumpy\ndtype\n]R.", "got one that calls a non-function$"),
        (b"\x80\x02cnumpy\ndtype\nK\x01}b.", r"got one that sets attributes$"),
        (b"\x80\x02K\x01K\x02a.", "got one that appends to a non-list$"),
        (b"\x80\x02K\x01K\x02K\x03s.", "got one with keys in a non-dictionary$"),
        (b"\x80\x02})K\x03s.", "got one with a key of type tuple$"),
        (b"\x80\x02K\x01Q.", "got one with persistent ids$"),
        (b"\x80\x02cnumpy\nndarray\n)\x81.", "got one with opcode NEWOBJ$"),
        (b"\x80\x02(cnumpy\nndarray\no.", "got one with opcode OBJ$"),
        (b"\x80\x02\x82\x01.", "got one with opcode EXT1$"),
        (b"I1\n.", "got one with opcode INT$"),
    ],
)
def test_opcodes_that_do_more_than_data_are_refused(content, match):
    with pytest.raises(UnexpectedError, match=match):
        load(content)


def pickled_array(shape=(2,), dtype="u1", content=b"ab", order="<"):
    """Pickle an array's state, perhaps an impossible one."""

    class Type:
        def __reduce__(self):
            return np.dtype, (dtype, False, True), (3, order, None, None, None, -1, -1, 0)

    class Fake:
        def __reduce__(self):
            return (
                np.empty(0).__reduce__()[0],
                (np.ndarray, (0,), b"b"),
                (1, shape, Type(), False, content),
            )

    return pickle.dumps(Fake(), 4)


def test_arrays_with_false_descriptions():
    np.testing.assert_array_equal(load(pickled_array()).array, np.array([97, 98], np.uint8))
    for shape in [(3,), (10**15,), (1,), ()]:
        with pytest.raises(UnexpectedError, match=r"expected a pickled array of \d+ bytes, got 2$"):
            load(pickled_array(shape))
    for shape in [(-1,), (2.0,), [2], (True, 2), "2"]:
        with pytest.raises(
            UnexpectedError, match=r"expected a pickled array of numbers, got something else$"
        ):
            load(pickled_array(shape))
    for dtype in ["O8", "O", "U4", "M8", "V2", "u1,u1", "f16"]:
        with pytest.raises(
            UnexpectedError, match=rf"expected a pickled array of numbers, got one of '{dtype}'$"
        ):
            load(pickled_array(dtype=dtype))
    with pytest.raises(UnexpectedError, match=r"expected a pickled array of numbers, got byte order 'x'$"):
        load(pickled_array(order="x"))
    with pytest.raises(UnexpectedError, match=r"expected a pickled array of numbers, got something else$"):
        load(pickled_array(content=[1, 2]))
    with pytest.raises(UnexpectedError, match=r"expected bytes in latin1, got 'zip'$"):
        load(b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aX\x03\x00\x00\x00zip\x86R.")


def test_pickles_cut_short_anywhere():
    whole = pickle.dumps({"data": np.arange(10), "labels": [1, 2, 3]}, 2)
    for length in range(len(whole)):
        with pytest.raises((UnexpectedError, ValueError, IndexError)):
            load(whole[:length])


def test_declared_sizes_take_no_memory():
    for content in (b"B" + struct.pack("<I", 2**31), b"\x8e" + struct.pack("<Q", 2**40)):
        with pytest.raises(ValueError, match=r"expected .* bytes in a bytes"):
            load(b"\x80\x04" + content + b"a.")
    with pytest.raises(KeyError):
        load(b"\x80\x02j\xff\xff\xff\x7f.")
    assert load(b"\x80\x02K\x07r\xff\xff\xff\x7f.") == 7


def test_the_caller_defines_functions_and_persistent_ids():
    names = {"collections.OrderedDict": OrderedDict}
    named = OrderedDict(a=1)
    named.note = "dropped"
    got = load(pickle.dumps(named, 2), names)
    assert got == named
    assert not hasattr(got, "note")
    assert load(b"\x80\x02X\x01\x00\x00\x00aQ.", {}, lambda key: key * 2) == "aa"


def repeated(step, times, text=b"x" * 10**6):
    """Write a pickle that keeps a text and functions in the memo, and uses them repeatedly."""
    start = (
        b"\x80\x02(c_codecs\nencode\nq\x01X" + struct.pack("<I", len(text)) + text + b"q\x02U\x06latin1q\x03"
    )
    array = b"cnumpy.core.multiarray\n_reconstruct\nq\x04cnumpy\ndtype\nU\x02u1K\x00K\x01\x87Rq\x05"
    return start + array + step * times + b"t."


ENCODED = b"h\x01h\x02h\x03\x86R"
REBUILT = b"h\x04)R(K\x01K\x01\x85h\x05\x89h\x02tb"


@pytest.mark.parametrize("step", [ENCODED, REBUILT.replace(b"K\x01\x85", b"J\x40\x42\x0f\x00\x85")])
def test_small_pickles_that_make_large_objects_are_refused(step):
    assert load(repeated(step, 3)) is not None
    content = repeated(step, 3000)
    assert len(content) < 1.2e6
    tracemalloc.start()
    with pytest.raises(
        UnexpectedError, match=r"^expected a pickle that makes at most 134217728 bytes, got a larger one"
    ):
        load(content)
    assert tracemalloc.get_traced_memory()[1] < 1.6e8
    tracemalloc.stop()


@pytest.mark.parametrize("step", [b"}", b"]", b"(t", b"h\x02", b"N"])
def test_many_small_things_are_refused(step):
    tracemalloc.start()
    with pytest.raises(UnexpectedError, match=r"^expected a pickle that makes at most 134217728 bytes"):
        load(repeated(step, 1_500_000, b""))
    assert tracemalloc.get_traced_memory()[1] < 2e8
    tracemalloc.stop()
