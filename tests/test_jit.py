"""Kernels are compiled in any installation, and cached in a writable folder."""

import os
import subprocess
import sys

import pytest

# Root may write everywhere, so this program itself refuses every place outside sys.argv[1].
REFUSING = """
import sys, tempfile
def refusing(function):
    def tried(*arguments, dir=None, **options):
        if not str(dir).startswith(sys.argv[1]):
            raise PermissionError(13, "Read-only file system")
        return function(*arguments, dir=dir, **options)
    return tried
tempfile.TemporaryFile = refusing(tempfile.TemporaryFile)
import numpy as np
import npdeconv as nd
from npdeconv.kernels.pooling import max_pool
assert nd.layers.MaxPool2D(2)(np.arange(4.0).reshape(1, 2, 2, 1)).ravel() == [3]
print(max_pool._cache.cache_path)
"""


def cache_place(tmp_path, writable, code=REFUSING, **environment) -> str:
    settings = {**os.environ, "TMPDIR": str(tmp_path), "NUMBA_CACHE_DIR": "", **environment}
    settings = {name: value for name, value in settings.items() if value}
    settings.pop("NUMBA_DISABLE_JIT", None)
    done = subprocess.run(
        [sys.executable, "-c", code, str(writable)], env=settings, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout.strip()


def test_a_read_only_installation_and_home_have_a_temporary_cache(tmp_path):
    place = cache_place(tmp_path, tmp_path)
    assert place.startswith(f"{tmp_path}/npdeconv-")
    assert {path.suffix for path in (tmp_path / place).iterdir()} == {".nbc", ".nbi"}


def test_numba_keeps_the_choice_of_the_place(tmp_path):
    chosen = tmp_path / "chosen"
    assert cache_place(tmp_path, tmp_path, NUMBA_CACHE_DIR=str(chosen)).startswith(f"{chosen}/")
    (tmp_path / "file").write_text("")
    below_a_file = str(tmp_path / "file" / "cache")
    assert cache_place(tmp_path, tmp_path, NUMBA_CACHE_DIR=below_a_file).startswith(f"{tmp_path}/npdeconv-")


def test_without_a_writable_folder_there_is_no_cache(tmp_path):
    assert cache_place(tmp_path, "/nowhere") == "None"


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="needs users with numbers")
def test_a_temporary_folder_writable_by_others_is_not_used(tmp_path):
    place = tmp_path / f"npdeconv-{os.getuid()}"
    place.mkdir()
    place.chmod(0o777)
    assert cache_place(tmp_path, tmp_path) == "None"
    place.rmdir()
    place.symlink_to(tmp_path)
    assert cache_place(tmp_path, tmp_path) == "None"


def test_a_full_disk_does_not_stop_a_pass(tmp_path):
    full = """
from numba.core.caching import IndexDataCacheFile
def save(*_):
    raise OSError(28, "No space left on device")
IndexDataCacheFile.save = save
"""
    assert cache_place(tmp_path, tmp_path, full + REFUSING).startswith(f"{tmp_path}/npdeconv-")
