"""Readers are chosen by the content of a file."""

import pytest

from npdeconv import weights
from tests.tiny import tiny_network
from tests.torch_files import FILES, plain_tensors, torch_zip


def test_files_of_npdeconv_and_pytorch(tmp_path):
    weights.save(tiny_network(), tmp_path / "w.npz")
    (tmp_path / "w.npz").rename(tmp_path / "w.pth")
    assert weights.reader_of(tmp_path / "w.pth") is weights.load
    torch_zip(tmp_path / "w.npz", plain_tensors())
    assert weights.reader_of(tmp_path / "w.npz") is weights.load_torch
    assert [weights.reader_of(str(path)) for path in FILES] == [weights.load_torch] * 2


def test_files_of_another_kind(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no\.pth: there is no such file$"):
        weights.reader_of(tmp_path / "no.pth")
    with pytest.raises(ValueError, match=r": expected a file of weights, got something else$"):
        weights.reader_of(tmp_path)
    for name, content in [("text.h5", b"weights"), ("none.pth", b""), ("a.npz", b"PK\x05\x06" + bytes(18))]:
        (tmp_path / name).write_bytes(content)
        with pytest.raises(
            ValueError,
            match=r"expected weights as \.npz, of Keras \(\.h5, \.keras\), of PyTorch or \.safetensors, got ",
        ):
            weights.reader_of(tmp_path / name)
    (tmp_path / "cut.npz").write_bytes(b"PK\x03\x04" + bytes(30))
    with pytest.raises(ValueError, match=r"expected a file of weights, got a file that can't be read as one"):
        weights.reader_of(tmp_path / "cut.npz")
