"""Pages in a real browser: Debian's chromium, driven by Playwright. The fixture is `browser`."""

import contextlib
import shutil

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",  # a container has no sandbox, and the page is our own
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
]
SECOND = 1000  # milliseconds


@contextlib.contextmanager
def opened(browser, path, address="", **options):
    """Open a page; fail on console messages, errors, and requests for anything but the file itself."""
    context = browser.new_context(**({"viewport": {"width": 1280, "height": 850}} | options))
    page = context.new_page()
    page.set_default_timeout(5 * SECOND)
    complaints, requests = [], []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(f"{path.as_uri()}{address}")
    yield page
    context.close()
    assert complaints == []
    outside = [url for url in requests if not url.startswith(("data:", path.as_uri()))]
    assert outside == []


def focus_by_tab(page, condition):
    """Press Tab until the element with the focus meets a condition, as a function in JavaScript."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(f"({condition})(document.activeElement)"):
            return
    raise AssertionError(f"the Tab key reaches nothing with {condition}")
