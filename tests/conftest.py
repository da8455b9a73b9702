"""Fixtures that several test files share."""

import os
from pathlib import Path

import pytest

from tests.browsing import ARGUMENTS, CHROMIUM

# Programs and modules that need a framework are not imported.
collect_ignore = ["killed_run.py"]
collect_ignore_glob = ["golden/*.py"]


def pytest_make_parametrize_id(val, argname):
    """Leave the contents of files, of up to 30 MB, out of the names of tests."""
    return argname if isinstance(val, bytes) and len(val) > 40 else None


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of the real data sets; tests that need it are skipped where it is absent."""
    folder = os.environ.get("NPDECONV_DATA")
    if not folder:
        pytest.skip("needs real data: NPDECONV_DATA is not set")
    return Path(folder)


@pytest.fixture(scope="module")
def browser():
    """Start the browser once in a file."""
    if CHROMIUM is None:
        pytest.skip("needs a browser: chromium is not installed (apt-get install chromium)")
    playwright = pytest.importorskip("playwright.sync_api", reason="needs a browser driver: playwright")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()
