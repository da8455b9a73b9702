"""The worked example in a real browser: its numbers are held to the package's and to `plain.py`'s."""

import re

import numpy as np
import pytest

from npdeconv import plain
from npdeconv.layers import Conv2D, MaxPool2D, ReLU, Sequential
from npdeconv.report import worked_example
from npdeconv.report.worked_example import PRESETS, RULES, Preset
from tests.browsing import focus_by_tab, opened
from tests.report_cases import HOSTILE

SIDES = {"picture": 6, "weight": 3, "bias": 1, "convolved": 4, "rectified": 4, "pooled": 2, "sent": 2}
SIDES |= {"unpooled": 4, "gated": 4, "projection": 6}
LIMITS = {"picture": 9, "weight": 9, "bias": 99, "sent": 999}
CORNERS = ["upper left", "upper right", "lower left", "lower right"]
EDGE, DOT, BLANK, NEGATIVE_BIAS, SIGNS = range(len(PRESETS))


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "example.html"
    worked_example.write(path)
    return path


@pytest.fixture
def page(browser, path):
    with opened(browser, path) as page:
        yield page


def cell(page, grid, k):
    return page.locator(f'[data-grid="{grid}"] [data-cell="{k}"]')


def shown(page):
    """Return every grid of the page, by what a screen reader says of its cells."""
    labels = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll('[data-grid]')].map(grid => {
            const cells = [...grid.querySelectorAll('[data-cell]')];
            return [grid.dataset.grid, cells.map(cell => cell.getAttribute('aria-label'))];
        }))"""
    )
    switches = [CORNERS.index(label.partition("points to the ")[2]) for label in labels.pop("switches")]
    grids = {
        name: np.array([float(re.search(r": (−?[\d.]+)", one)[1].replace("−", "-")) for one in found])
        for name, found in labels.items()
    }
    return {name: values.reshape(SIDES[name], -1) for name, values in grids.items()}, switches


def computed(picture, weight, bias, sent, rule, kept):
    """Return what the package computes, and where its switches point: 0 to 3, see `CORNERS`."""
    conv = Conv2D(1, 1, 3, rng=np.random.default_rng(0), dtype=np.float64)
    conv.weight[:, :, 0, 0], conv.bias[:] = weight, bias
    net = Sequential({"convolved": conv, "rectified": ReLU(), "pooled": MaxPool2D(2)})
    _, tape = net.forward(picture[None, :, :, None])
    grids = {name: y[0, :, :, 0] for name, y in net.outputs(picture[None, :, :, None], list(net.layers))}
    rows, columns = np.divmod(tape["pooled"].switches[0, :, :, 0], 4)
    y, tape = sent[None, :, :, None], tape if kept else net.centered(tape)
    for layer, name in [("pooled", "unpooled"), ("rectified", "gated"), ("convolved", "projection")]:
        y = net[layer].descend(y, tape[layer], rule)
        grids[name] = y[0, :, :, 0]
    return grids, (2 * (rows % 2) + columns % 2).ravel().tolist()


def check(page, rule, *, kept=True):
    """Compare every grid of the page with the package's and, if switches are kept, with plain.py's."""
    grids, switches = shown(page)
    given = [grids[name] for name in ("picture", "weight", "bias", "sent")]
    expected, corners = computed(*given, rule, kept)
    assert switches == corners
    for name, values in expected.items():
        np.testing.assert_allclose(grids[name], values, rtol=0, atol=1e-9, err_msg=name)
    chain = {
        "convolved": plain.Conv(given[1][:, :, None, None], given[2][0]),
        "rectified": plain.ReLU(),
        "pooled": plain.MaxPool(),
    }
    pooled, tape = plain.forward(chain, given[0][None, :, :, None])
    np.testing.assert_allclose(grids["pooled"], pooled[0, :, :, 0], rtol=0, atol=1e-9)
    if kept:
        projection = plain.descend(chain, given[3][None, :, :, None], tape, rule)
        np.testing.assert_allclose(grids["projection"], projection[0, :, :, 0], rtol=0, atol=1e-9)
    return grids


def take(page, rule="deconv", *, kept=True, preset=None, send=None):
    """Choose a preset, a rule, whether switches are kept, and what is sent down."""
    if preset is not None:
        page.click(f'[data-preset="{preset}"]')
    page.check(f'[name=rule][value="{rule}"]')
    page.check(f'[name=switches][value="{"kept" if kept else "forgotten"}"]')
    if send is not None:
        page.select_option("#send", send)


def edit(page, grid, k, entry):
    """Type into a cell and press Enter, by keyboard alone from there on."""
    cell(page, grid, k).focus()
    page.keyboard.press("Enter")
    page.keyboard.type(entry)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("preset", range(len(PRESETS)))
def test_the_numbers_of_every_preset_and_way_are_the_packages(page, preset):
    for rule in RULES:
        for kept in (True, False):
            take(page, rule, kept=kept, preset=preset)
            grids = check(page, rule, kept=kept)
    np.testing.assert_array_equal(grids["picture"], PRESETS[preset].picture)
    np.testing.assert_array_equal(grids["weight"], PRESETS[preset].weight)
    np.testing.assert_array_equal(grids["sent"], worked_example.start(grids["pooled"], PRESETS[preset].send))
    pressed = page.locator("#presets [aria-pressed=true]").all_inner_texts()
    assert pressed == [PRESETS[preset].name]
    assert page.inner_text("#preset-words") == PRESETS[preset].words


@pytest.mark.parametrize("seed", range(3))
def test_the_numbers_stay_the_packages_after_any_edits(page, seed):
    rng = np.random.default_rng(seed)
    sendings = ["strongest", "map", "signs", "0", "1", "2", "3", None]
    for _ in range(12):
        rule, kept, send = rng.choice(RULES), bool(rng.integers(2)), sendings[rng.integers(8)]
        for grid in rng.choice(list(LIMITS), 3, p=[0.5, 0.3, 0.1, 0.1]):
            value = rng.integers(-4 * LIMITS[grid], 4 * LIMITS[grid] + 1) / 4
            k = rng.integers(SIDES[grid] ** 2)
            edit(page, grid, k, f"{value:g}")
            assert shown(page)[0][grid].flat[k] == value
        take(page, rule, kept=kept, send=send)
        check(page, rule, kept=kept)
    assert page.inner_text("#preset-words") == "Your own numbers."
    page.click("#reset")
    grids = check(page, "deconv")
    np.testing.assert_array_equal(grids["picture"], PRESETS[0].picture)
    assert page.inner_text("#complaint") == ""


def test_what_is_sent_down_can_be_chosen(page):
    pooled = shown(page)[0]["pooled"]
    np.testing.assert_array_equal(pooled, [[7, 3], [5, 6]])
    for send, expected in {
        "strongest": [[7, 0], [0, 0]],
        "map": pooled,
        "signs": [[7, -3], [-5, 6]],
        "2": [[0, 0], [5, 0]],
    }.items():
        take(page, send=send)
        np.testing.assert_array_equal(check(page, "deconv")["sent"], expected)
    cell(page, "pooled", 3).click()
    page.click("text=Send only this value down")
    np.testing.assert_array_equal(check(page, "deconv")["sent"], [[0, 0], [0, 6]])
    assert page.input_value("#send") == "3"
    edit(page, "sent", 1, "-2.5")
    np.testing.assert_array_equal(check(page, "deconv")["sent"], [[0, -2.5], [0, 6]])
    assert page.input_value("#send") == "own"
    assert "You typed this value." in page.inner_text("#words")


def test_the_page_compares_its_numbers_with_the_embedded_ones(browser, tmp_path):
    page_text = worked_example.render()
    count = len(PRESETS) * (16 + 16 + 4 + 4 + 4 + 6 * (16 + 16 + 36))
    for name, text, words in (
        ("right", page_text, f"it computed {count} numbers of its examples. All are equal to npdeconv's."),
        ("wrong", page_text.replace('"pooled":[7.0,', '"pooled":[7.5,', 1), "Do not trust this page: 1 of"),
    ):
        (tmp_path / f"{name}.html").write_text(text, encoding="utf-8")
        with opened(browser, tmp_path / f"{name}.html") as page:
            assert words in page.inner_text("#compared")


def sources(page, kind="source"):
    """Return which cells the chosen one is said to come from, by grid."""
    return page.evaluate(
        f"""() => [...document.querySelectorAll('[data-cell].{kind}')].map(cell =>
            [cell.closest('[data-grid]').dataset.grid, Number(cell.dataset.cell)])"""
    )


def formula(page):
    return page.inner_text("#words .formula").replace("\u00a0", " ")


def added(text):
    """Return the products that a formula adds, as pairs, and its result."""
    terms, _, total = text.partition(" = ")
    numbers = re.findall(r"\(?(−?[\d.]+)\)? × \(?(−?[\d.]+)\)?", terms)
    return [[float(one.replace("−", "-")) for one in pair] for pair in numbers], float(
        total.replace("−", "-")
    )


def test_filtered_cells_show_their_nine_pixels_their_products_and_the_sum(page):
    edit(page, "bias", 0, "-1.5")
    edit(page, "weight", 4, "2.25")
    grids, _ = shown(page)
    for k in (0, 6, 15):
        cell(page, "convolved", k).click()
        row, column = divmod(k, 4)
        patch = grids["picture"][row : row + 3, column : column + 3]
        pairs, total = added(formula(page))
        assert pairs == np.stack([patch.ravel(), grids["weight"].ravel()], axis=1).tolist()
        assert total == grids["convolved"].flat[k] == sum(a * b for a, b in pairs) - 1.5
        assert "+ bias −1.5 = " in formula(page)
        assert page.inner_text("#words h2").split("\n")[0] == f"Filtered, row {row + 1}, column {column + 1}"
        assert sources(page) == [["picture", 6 * (row + i) + column + j] for i in range(3) for j in range(3)]
        numbers = page.locator("#tables .numbers span").all_inner_texts()
        assert numbers[18:] == [f"{a * b + 0:g}".replace("-", "−") for a, b in pairs]


def test_projected_cells_show_the_values_above_them_their_products_and_the_sum(page):
    take(page, send="map")
    grids, _ = shown(page)
    for k, count in [(0, 1), (1, 2), (14, 9), (22, 6), (35, 1)]:
        cell(page, "projection", k).click()
        row, column = divmod(k, 6)
        places = [
            (r, c) for r in range(row - 2, row + 1) for c in range(column - 2, column + 1)
            if 0 <= r < 4 and 0 <= c < 4
        ]  # fmt: skip
        pairs, total = added(formula(page))
        assert pairs == [[grids["gated"][r, c], grids["weight"][row - r, column - c]] for r, c in places]
        assert total == grids["projection"].flat[k] == sum(a * b for a, b in pairs)
        assert sources(page) == [["gated", 4 * r + c] for r, c in places]
        assert len(places) == count
        assert "No bias is added." in page.inner_text("#words")


def test_the_cells_between_say_what_happened_to_them(page):
    for grid, k, words, above, gates in [
        ("rectified", 2, ["max(−1, 0) = 0", "not positive"], [["convolved", 2]], []),
        ("pooled", 2, ["max(1, 5, 0, 3) = 5", "It stands at the upper right"],
         [["rectified", n] for n in (8, 9, 12, 13)], []),
        ("switches", 2, ["window stands at its upper right (row 3, column 2)"], [["rectified", 9]], []),
        ("sent", 2, ["All others are set to 0."], [["pooled", 2]], []),
        ("unpooled", 5, ["7 → 7", "points here"], [["sent", 0]], [["switches", 0]]),
        ("unpooled", 0, ["points to row 2, column 2, so 0 stays here"], [["sent", 0]], [["switches", 0]]),
        ("gated", 5, ["max(7, 0) = 7", "what comes down: 7 is positive."], [["unpooled", 5]], []),
        ("picture", 0, ["nothing comes before it. One place of the filter sees it."], [], []),
        ("picture", 14, ["9 places of the filter see it."], [], []),
        ("weight", 0, ["used again"], [], []),
        ("bias", 0, ["not used on the way down"], [], []),
    ]:  # fmt: skip
        cell(page, grid, k).click()
        for one in words:
            assert one in page.inner_text("#words").replace("\u00a0", " ")
        assert (sources(page), sources(page, "gate")) == (above, gates)
    take(page, "guided", preset=SIGNS)
    cell(page, "gated", 6).click()
    assert "What comes down: −3 is not positive. The way up: 3 is positive." in page.inner_text("#words")
    assert "The rules part here: deconvnet gives 0, gradient gives −3." in page.inner_text("#words")
    assert sources(page, "gate") == [["convolved", 6]]


@pytest.mark.parametrize(("kept", "send"), [(True, "signs"), (False, "signs"), (False, "map")])
def test_cells_where_the_rules_part_are_marked(page, kept, send):
    ways = {}
    for rule in RULES:
        take(page, rule, kept=kept, send=send)
        ways[rule] = check(page, rule, kept=kept)
    for grid in ("gated", "projection"):
        values = np.stack([ways[rule][grid] for rule in RULES])
        differ = (values != values[0]).any(axis=0).ravel()
        assert differ.any()
        assert not differ.all()
        marks = page.locator(f'[data-grid="{grid}"] .marks').all_inner_texts()
        assert ["≠" in one for one in marks] == differ.tolist()
        for k in range(differ.size):
            label = cell(page, grid, k).get_attribute("aria-label")
            assert ("the rules part here" in label) == differ[k]


def test_six_ways_down_are_compared_and_can_be_chosen(page):
    for rule, name in (("deconv", "deconvnet"), ("guided", "guided")):
        take(page, "gradient", preset=SIGNS)
        now = check(page, "gradient")["projection"]
        assert page.inner_text("#ways [aria-pressed=true] .name") == "gradient, switches kept"
        assert page.inner_text("#ways [aria-pressed=true] .said") == "shown above"
        button = page.locator(f'#ways [data-rule="{rule}"][data-switches="forgotten"]')
        assert button.locator(".name").inner_text() == f"{name}, switches forgotten"
        marked = ["≠" in text for text in button.locator(".small span").all_inner_texts()]
        assert button.locator(".said").inner_text() == f"{sum(marked)} of 36 pixels differ"
        button.click()
        other = check(page, rule, kept=False)["projection"]
        assert marked == (other != now).ravel().tolist()
        assert button.get_attribute("aria-pressed") == "true"
        assert page.is_checked(f'[name=rule][value="{rule}"]')
        assert page.is_checked("[value=forgotten]")


def test_without_switches_values_go_to_the_upper_left_of_their_windows(page):
    take(page, kept=False, send="map")
    grids = check(page, "deconv", kept=False)
    np.testing.assert_array_equal(grids["unpooled"][::2, ::2], grids["pooled"])
    assert (grids["unpooled"] != 0).sum() == 4
    marks = np.array(page.locator('[data-grid="unpooled"] .marks').all_inner_texts()).reshape(4, 4)
    assert (marks[::2, ::2] == "◇").all()
    cell(page, "unpooled", 0).click()
    assert "npdeconv takes the upper left one. The value goes here." in page.inner_text("#words")
    assert page.inner_text("#unpool-words") == "to each window's upper left"


def test_ties_go_to_the_first(page):
    take(page, preset=BLANK)
    grids, switches = shown(page)
    assert set(grids["rectified"].ravel()) == {1}
    assert switches == [0, 0, 0, 0]
    np.testing.assert_array_equal(grids["unpooled"][::2, ::2], grids["pooled"])
    cell(page, "pooled", 1).click()
    assert "4 values are equal: the first one wins." in page.inner_text("#words")
    edit(page, "picture", 35, "1")  # the last patch alone is brighter
    assert shown(page)[1] == [0, 0, 0, 3]
    take(page, preset=NEGATIVE_BIAS)
    assert (shown(page)[0]["pooled"] == 0).sum() == 2


def test_the_keyboard_alone_is_enough(page):
    focus_by_tab(page, "e => e.textContent === 'A dot'")
    page.keyboard.press("Enter")
    focus_by_tab(page, "e => e.name === 'rule'")
    page.keyboard.press("ArrowRight")
    assert page.is_checked("[value=gradient]")
    focus_by_tab(page, "e => e.closest('[data-grid=convolved]')")
    page.keyboard.press("Control+Home")
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "End", "ArrowLeft", "ArrowUp", "ArrowLeft"):
        page.keyboard.press(key)
    assert page.inner_text("#words h2").split() == ["Filtered,", "row", "2,", "column", "2", "6"]
    assert formula(page) == (
        "0 × 1 + 0 × 2 + 0 × 3 + 0 × 4 + 0 × 5 + 1 × 6 + 0 × 7 + 0 × 8 + 0 × 9 + bias 0 = 6"
    )
    for key in ("ArrowUp", "ArrowUp", "ArrowUp", "Home", "ArrowLeft"):  # the edges hold
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.dataset.cell") == "0"
    focus_by_tab(page, "e => e.closest('[data-grid=picture]')")
    page.keyboard.press("7")  # a digit begins to edit
    page.keyboard.type(".5")
    page.keyboard.press("Enter")
    assert check(page, "gradient")["picture"][0, 0] == 7.5
    assert page.evaluate("document.activeElement.closest('[data-grid]').dataset.grid") == "picture"
    page.keyboard.press("Enter")
    page.keyboard.type("8")
    page.keyboard.press("Escape")
    assert check(page, "gradient")["picture"][0, 0] == 7.5
    page.keyboard.press("Control+End")
    page.keyboard.press("5")
    page.keyboard.press("Tab")  # leaves the entry, which takes the number
    assert check(page, "gradient")["picture"][5, 5] == 5
    style = "getComputedStyle(document.activeElement)"
    page.keyboard.press("Shift+Tab")
    assert page.evaluate(f"{style}.outlineStyle") == "solid"
    assert page.evaluate(f"parseFloat({style}.outlineWidth)") >= 3


@pytest.mark.parametrize(
    ("grid", "entry", "limit"),
    [
        ("picture", "abc", 9),
        ("picture", "", 9),
        ("picture", "9.25", 9),
        ("picture", "0.3", 9),
        ("weight", "1e1", 9),
        ("weight", "NaN", 9),
        ("bias", "-100", 99),
        ("sent", "1/2", 999),
        ("sent", "<b>1</b>", 999),
    ],
)
def test_an_invalid_entry_changes_nothing_and_is_answered_in_a_sentence(page, grid, entry, limit):
    before, switches = shown(page)
    cell(page, grid, 0).click()
    page.fill("#entry", entry)
    page.press("#entry", "Enter")
    sentence = (
        f"“{entry}” can't be used here. Type a number from −{limit} to {limit} in quarters,"
        f" such as 3, −1 or 0.25. The cell keeps {before[grid][0, 0]:g}."
    )
    assert page.inner_text("#complaint") == sentence.replace("keeps -", "keeps −")
    assert page.get_attribute("#complaint", "role") == "alert"
    assert page.get_attribute("#entry", "aria-invalid") == "true"
    after, switches_after = shown(page)
    assert switches == switches_after
    assert all((after[name] == before[name]).all() for name in before)
    page.fill("#entry", "0,5")
    page.press("#entry", "Enter")
    assert check(page, "deconv")[grid][0, 0] == 0.5
    assert page.inner_text("#complaint") == ""
    assert page.get_attribute("#entry", "aria-invalid") is None


def test_buttons_step_up_and_down_to_the_limit(page):
    cell(page, "picture", 3).click()
    for _ in range(3):
        page.click("#more")
    page.click("#less")
    assert check(page, "deconv")["picture"][0, 3] == 4
    edit(page, "picture", 3, "9")
    page.click("#more")
    assert page.inner_text("#complaint").startswith("“10” can't be used here.")
    assert check(page, "deconv")["picture"][0, 3] == 9


def test_pointing_shows_a_cell_and_leaving_shows_the_chosen_one_again(page):
    cell(page, "pooled", 1).click()
    assert page.inner_text("#words h2").startswith("Pooled, upper right")
    cell(page, "projection", 7).hover()
    assert page.inner_text("#words h2").startswith("Projection, row 2, column 2")
    assert page.locator("[aria-selected=true]").get_attribute("aria-label").startswith("Pooled, upper right")
    page.mouse.move(1, 1)
    assert page.inner_text("#words h2").startswith("Pooled, upper right")


def test_a_screen_reader_finds_grids_cells_values_and_explanations(page):
    take(page, preset=SIGNS)
    grids = page.locator("[role=grid]")
    assert grids.count() == len(SIDES) + 1
    for grid in grids.all():
        assert (
            grid.locator("[role=row] > [role=gridcell]").count()
            == SIDES.get(grid.get_attribute("data-grid"), 2) ** 2
        )
        assert grid.locator("[tabindex='0']").count() == 1
        editable = grid.get_attribute("data-grid") in LIMITS
        assert grid.get_attribute("aria-readonly") == ("false" if editable else "true")
    assert page.get_by_role("grid", name="Picture, 6 rows and 6 columns").count() == 1
    for name in (
        "Picture, row 2, column 4: 3",
        "Rectified, row 2, column 2: 7, winner of its window",
        "Switches, lower right: points to the upper left",
        "Unpooled, row 2, column 3: −3, a switch points here",
        "Rectified again, row 2, column 3: 0, stopped, the rules part here",
    ):
        assert page.get_by_role("gridcell", name=name, exact=True).count() == 1, name
    cell(page, "convolved", 2).click()
    assert page.get_attribute("#words", "role") == "status"
    assert page.get_attribute("#tables", "aria-hidden") == "true"  # the formula says the same
    cell(page, "weight", 2).click()
    assert page.get_by_role("textbox", name="New value for Filter, row 1, column 3").count() == 1
    for name in ("One less", "One more", "Larger text", "Reset", *(preset.name for preset in PRESETS)):
        assert page.get_by_role("button", name=name, exact=True).count() == 1, name


@pytest.mark.parametrize("width", [320, 390, 700, 1000, 1280])
def test_no_width_needs_sideways_scrolling(browser, path, width):
    with opened(browser, path, viewport={"width": width, "height": 844}) as page:
        take(page, "guided", preset=SIGNS)
        edit(page, "weight", 0, "-8.75")
        cell(page, "projection", 8).click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        size = cell(page, "picture", 0).bounding_box()["width"]
        assert size >= 24
        page.click("#larger")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if width > 320:  # there, one column fills the screen already
            assert cell(page, "picture", 0).bounding_box()["width"] > 1.2 * size
        assert float(page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)")) >= 20
        page.click("#larger")
        assert cell(page, "picture", 0).bounding_box()["width"] == size


def test_a_finger_is_enough(browser, path):
    with opened(browser, path, viewport={"width": 390, "height": 844}, has_touch=True) as page:
        figure = page.locator("#figure").bounding_box()
        assert page.locator("#panel").bounding_box()["y"] >= figure["y"] + figure["height"]  # hides nothing
        cell(page, "picture", 14).tap()
        assert page.inner_text("#words h2").startswith("Picture, row 3, column 3")
        page.tap("#more")
        assert check(page, "deconv")["picture"][2, 2] == 2
        cell(page, "projection", 14).tap()
        panel = page.locator("#panel").bounding_box()
        assert panel["y"] + panel["height"] <= 845  # the words are in sight
        assert len(added(formula(page))[0]) == 9


def luminance(color):
    numbers = [float(part) for part in re.findall(r"[\d.]+", color.replace("srgb", ""))]
    linear = np.array(numbers[:3]) / (1 if "srgb" in color else 255)
    linear = np.where(linear <= 0.04045, linear / 12.92, ((linear + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_numbers_and_words_can_be_read_in_both_schemes(browser, path, scheme):
    with opened(browser, path, color_scheme=scheme) as page:
        take(page, preset=SIGNS)
        edit(page, "picture", 0, "no")
        texts = "[data-cell], .marks, .arrow, h2, .panel p, .small span, .note, .said"
        colors = page.locator(texts).evaluate_all(
            """all => all.map(one => {
                const paper = (element) => getComputedStyle(element).backgroundColor;
                let back = one;
                while (paper(back) === 'rgba(0, 0, 0, 0)') back = back.parentElement;
                return [getComputedStyle(one).color, paper(back)];
            })"""
        )
        assert len(colors) > 300
        for ink, paper in colors:
            low, high = sorted([luminance(ink), luminance(paper)])
            assert (high + 0.05) / (low + 0.05) >= 4.5, (ink, paper)
        dark = luminance(page.evaluate("getComputedStyle(document.documentElement).backgroundColor")) < 0.1
        assert dark == (scheme == "dark")


def test_names_are_escaped(browser, tmp_path, monkeypatch):
    presets = [Preset(name, name, PRESETS[0].picture, PRESETS[0].weight, 0, "map") for name in HOSTILE]
    monkeypatch.setattr(worked_example, "PRESETS", presets)
    worked_example.write(tmp_path / "page.html")
    with opened(browser, tmp_path / "page.html") as page:
        assert page.locator("#presets button").all_inner_texts() == list(HOSTILE)
        for k in range(len(HOSTILE)):
            take(page, preset=k)
            assert page.inner_text("#preset-words") == HOSTILE[k]
        assert page.evaluate("window.hacked === undefined")
        assert page.locator("img").count() == 0


def test_the_page_is_one_file():
    page = worked_example.render()
    assert "default-src 'none'" in page
    assert re.findall(r"(?:src|href|url)\s*[=(]\s*['\"]?([^'\"\s)>]+)", page) == ["data:,"]
    assert set(re.findall(r"https?://[^\s'\"<]+", page)) == {"http://www.w3.org/2000/svg"}  # a namespace
    assert "@import" not in page
    assert len(page) < 100_000
    assert page == worked_example.render()
