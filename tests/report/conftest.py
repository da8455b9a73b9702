"""The browser for the pages."""

import pytest

from tests.browsing import ARGUMENTS, CHROMIUM


@pytest.fixture(scope="module")
def browser():
    """Start the browser once."""
    if CHROMIUM is None:
        pytest.skip("needs a browser: chromium is not installed (apt-get install chromium)")
    playwright = pytest.importorskip("playwright.sync_api", reason="needs a browser driver: playwright")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()
