"""Two processes and one folder of finished seeds."""

import os

import numpy as np

from npdeconv.experiments.finished_seeds import kept


def test_what_another_process_is_writing_is_left_alone(tmp_path):
    writing, killed = (tmp_path / f".a.npz.{number}.partial" for number in ("0123abcd", "4567abcd"))
    for path in (writing, killed):
        path.write_bytes(b"half")
    os.utime(killed, (0, 0))
    found = kept(tmp_path, "a", {"values": (2,)}, lambda: {"values": np.arange(2)})
    np.testing.assert_array_equal(found["values"], [0, 1])
    assert {path.name for path in tmp_path.iterdir()} == {"a.npz", writing.name}
