"""The report in a real browser: Debian's chromium, driven by Playwright."""

import time

import numpy as np
import pytest

from npdeconv.data import Dataset
from npdeconv.report import collect, write
from npdeconv.report.sprites import as_bytes
from tests.browsing import focus_by_tab, opened
from tests.report_cases import DEAD, HOSTILE, history, hostile_report, noisy_report, tiny_report
from tests.tiny import CLASSES, tiny_dataset, tiny_network


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    return tiny_report(tmp_path_factory.mktemp("report"))[0]


@pytest.fixture(scope="module")
def path(report, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    write(path, report)
    return path


@pytest.fixture
def page(browser, path):
    with opened(browser, path) as page:
        yield page


def settled(page):
    """Wait until all requested pictures are drawn."""
    page.evaluate("Promise.all(pictures.values()).then(() => new Promise(requestAnimationFrame))")


def pixels(page, selector):
    """Return what the canvases show, (N, H, W, 4)."""
    settled(page)
    shown = page.locator(selector).evaluate_all(
        """all => all.map(canvas => {
            const {width, height} = canvas;
            const copy = new OffscreenCanvas(width, height).getContext('2d');
            copy.drawImage(canvas, 0, 0);
            return [height, width, [...copy.getImageData(0, 0, width, height).data]];
        })"""
    )
    return [np.array(values, np.uint8).reshape(height, width, 4) for height, width, values in shown]


def open_map(page, layer, feature_map):
    page.click(f'[data-layer="{layer}"]')
    page.click(f'[data-map="{feature_map}"]')


def test_clicking_a_layer_and_a_map_shows_its_patches(page, report):
    view = report.layers[2]
    open_map(page, "relu2", 3)
    assert page.inner_text("#detail-title") == "relu2, map 3"
    assert f"Fires on {round(100 * view.found.firing[3])} % of the 70 images." in page.inner_text("#detail")
    patches, projections = pixels(page, "#patches canvas"), pixels(page, "#projections canvas")
    assert len(patches) == len(projections) == 9
    expected, _ = as_bytes(view.patches.projections[3], axes=(0, 1, 2, 3))
    for rank in range(9):
        np.testing.assert_array_equal(patches[rank][..., 0], view.patches.pixels[3, rank, ..., 0])
        np.testing.assert_array_equal(projections[rank][..., 0], expected[rank, ..., 0])
    for label in np.unique(view.labels[3]):
        text = f"{report.classes[label]}\n{(view.labels[3] == label).sum()} of 9"
        assert text in page.inner_text("#classes")
    page.hover("#projections > :nth-child(5)")
    image, label = view.found.image_indices[3, 4], report.classes[view.labels[3, 4]]
    words = f"Number 5: image {image}, class {label}, activation"
    assert words in page.inner_text("#detail")
    limit = float(f"{np.abs(view.patches.projections[3]).max():.3g}")
    assert f"projections: mid-gray is 0, white {limit:g}, black −{limit:g}" in page.inner_text("#detail")
    assert "3×3 weights for each of the 4 maps of pool1" in page.inner_text("#detail .filter").lower()
    page.click("#strip > :nth-child(1)")
    assert page.inner_text("#stage-name") == "epoch 1"


def test_a_unit_has_its_made_image_beside_patches_and_projections(browser, tmp_path):
    report = collect(tiny_network(), tiny_dataset(20), examples=0, made=1)
    write(tmp_path / "page.html", report)
    with opened(browser, tmp_path / "page.html") as page:
        view = report.layers[2]
        (m,) = view.made.feature_maps.tolist()
        open_map(page, view.name, int(np.flatnonzero(view.feature_maps == m)[0]))
        (shown,) = pixels(page, "#made canvas")
        np.testing.assert_array_equal(shown[..., 0], view.made.pixels[0, ..., 0])
        assert f"activation {view.made.activation[0]:.3g}"[:14] in page.inner_text("#made")
        assert page.locator("#projections canvas").count() > 0
        assert f"Images were made for the most active: {m}." in page.inner_text("#layer-note")
        other = int(np.flatnonzero(view.feature_maps != m)[0])
        open_map(page, view.name, other)
        assert page.locator("#made").count() == 0


@pytest.mark.parametrize("select", ["strongest", "map"])
def test_whole_images_are_above_whole_projections(select, browser, tmp_path):
    report = collect(tiny_network(), tiny_dataset(20), examples=0, whole=select)
    write(tmp_path / "page.html", report)
    view, scenes = report.layers[2], report.scenes
    m = int(view.whole.feature_maps[-1])
    expected, _ = as_bytes(view.whole.projections[-1], axes=(0, 1, 2, 3))
    with opened(browser, tmp_path / "page.html") as page:
        open_map(page, view.name, m)
        above, beneath = pixels(page, "#whole .scene canvas"), pixels(page, "#whole figure > canvas")
        assert len(above) == len(beneath) == 5
        for rank, image_index in enumerate(view.found.image_indices[m, :5].tolist()):
            n = scenes.image_indices.tolist().index(image_index)
            np.testing.assert_array_equal(above[rank][..., 0], scenes.images[n, ..., 0])
            np.testing.assert_array_equal(beneath[rank][..., 0], expected[rank, ..., 0])
        assert page.locator("#whole .field").first.is_visible() == (select == "strongest")
        limit = float(f"{np.abs(view.whole.projections[-1]).max():.3g}")
        assert f"Mid-gray is 0, white {limit:g}, black −{limit:g}" in page.inner_text("#whole + p")
        page.click('[data-layer="logits"]')
        assert page.locator("#whole").count() == 0


def test_a_verdict_explains_its_numbers(browser, tmp_path):
    write(tmp_path / "page.html", collect(tiny_network(), tiny_dataset(20), examples=0, verdict=True))
    with opened(browser, tmp_path / "page.html") as page:
        assert "Its strongest projection: correlation" in page.inner_text("#detail .verdict")
        page.click("#detail summary")
        assert "1 is the same picture, 0 has nothing in common" in page.inner_text("#detail details")


def test_the_slider_moves_through_the_epochs(page, report):
    page.click('[data-layer="relu2"]')
    evolving = report.layers[2].evolving
    expected, _ = as_bytes(evolving.projections, axes=(0, 2, 3, 4))
    assert page.inner_text("#stage-name") == "current weights"
    for stage, (key, name) in enumerate([("Home", "epoch 1"), ("ArrowRight", "epoch 2")]):
        page.focus("#stage")
        page.keyboard.press(key)
        assert page.inner_text("#stage-name") == name
        assert page.get_attribute("#stage", "aria-valuetext") == name
        for m, shown in enumerate(pixels(page, "#grid canvas")):
            inside = evolving.inside[stage, m]
            np.testing.assert_array_equal(shown[..., 0][inside], expected[stage, m, ..., 0][inside])
            np.testing.assert_array_equal(shown[..., 3], np.where(inside, 255, 0))
        words = page.inner_text("#stage-words")
        assert f"{name}: image {evolving.image_indices[stage, 0]}," in words
        assert ("another image" in words) == evolving.jumped[stage, 0]


def test_play_runs_to_the_end(page):
    page.clock.install(time=0)
    page.clock.pause_at(1000)  # from now on, no time passes but what is asked for
    page.click("#play")
    assert (page.inner_text("#play"), page.inner_text("#stage-name")) == ("Pause", "epoch 1")
    page.clock.run_for(700)
    assert page.inner_text("#stage-name") == "epoch 2"
    page.clock.run_for(700)
    assert (page.inner_text("#play"), page.inner_text("#stage-name")) == ("Play", "current weights")


def test_the_keyboard_alone_is_enough(page, report):
    focus_by_tab(page, "e => e.textContent.startsWith('Skip')")
    focus_by_tab(page, "e => e.classList.contains('plot')")
    page.keyboard.press("Home")
    assert "epoch 1: training 2" in page.inner_text("#charts figure:first-child output")
    focus_by_tab(page, "e => e.dataset.layer === 'relu2'")
    page.keyboard.press("Enter")
    focus_by_tab(page, "e => e.id === 'stage'")
    page.keyboard.press("ArrowLeft")
    assert page.inner_text("#stage-name") == "epoch 2"
    focus_by_tab(page, "e => e.id === 'alive'")
    page.keyboard.press("Space")
    assert not page.is_visible(f'[data-map="{DEAD}"]')
    focus_by_tab(page, "e => e.dataset.map === '0'")
    for key, title in [("ArrowRight", 1), ("ArrowRight", 3), ("Home", 0), ("End", 3)]:  # 2 is hidden
        page.keyboard.press(key)
        assert page.inner_text("#detail-title") == f"relu2, map {title}"
        assert page.evaluate("document.activeElement.dataset.map") == str(title)
        assert page.locator("#grid > [tabindex='0']").count() == 1
    focus_by_tab(page, "e => e.parentElement.id === 'patches'")
    page.keyboard.press("ArrowDown")
    assert f"Number 4: image {report.layers[2].found.image_indices[3, 3]}," in page.inner_text("#detail")
    focus_by_tab(page, "e => e.parentElement.id === 'strip'")
    page.keyboard.press("Home")
    assert page.inner_text("#stage-name") == "epoch 1"
    focus_by_tab(page, "e => e.classList.contains('heat')")
    before = page.inner_text(".example:first-child .readout")
    for _ in range(2):
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    assert page.inner_text(".example:first-child .readout") != before


def test_the_focus_can_be_seen(page):
    page.keyboard.press("Tab")
    focus_by_tab(page, "e => e.dataset.layer === 'relu1'")
    style = "getComputedStyle(document.activeElement)"
    assert page.evaluate(f"[{style}.outlineStyle, parseFloat({style}.outlineWidth)]") == ["solid", 3]


def test_dead_maps_can_be_hidden(page):
    page.click('[data-layer="relu2"]')
    assert page.inner_text("#dead-count") == "(1 of 4 here)"
    page.click(f'[data-map="{DEAD}"]')
    assert "Dead: fires on none of" in page.inner_text("#detail")
    assert page.locator("#patches").count() == 0
    page.check("#alive")
    assert page.locator("#grid > :visible").count() == 3
    assert page.inner_text("#detail-title") == "relu2, map 0"
    page.uncheck("#alive")
    assert page.locator("#grid > :visible").count() == 4


def test_some_of_many_maps_keep_their_numbers(browser, tmp_path, monkeypatch):
    monkeypatch.setattr("npdeconv.report.downscaling.PIXELS", 2 * 21 * (9 + 16 + 64 + 64))
    monkeypatch.setattr("npdeconv.report.payload.TABLE_CLASSES", 2)
    report, path = tiny_report(tmp_path)[0], tmp_path / "page.html"
    write(path, report)
    view = report.layers[2]
    first, last = view.feature_maps.tolist()
    with opened(browser, path, f"#layer=relu2&map={last}") as page:
        assert page.inner_text("#detail-title") == f"relu2, map {last}"
        note = "2 of 4 maps are shown, those with the largest activations. 1 of all 4 never fires."
        assert note in page.inner_text("#layer-note")
        assert "2 of 4 maps" in page.inner_text('[data-layer="relu2"]')
        assert page.locator("#grid .name").all_inner_texts() == [str(first), str(last)]
        patches = pixels(page, "#patches canvas")
        np.testing.assert_array_equal(patches[0][..., 0], view.patches.pixels[1, 0, ..., 0])
        page.click('[data-map="0"]')
        assert page.inner_text("#detail-title") == f"relu2, map {first}"
        assert f"map={first}" in page.url
        assert not page.is_visible("#confusion")
        assert "of 70 answers are" in page.inner_text("#wrong-count")


def test_pointing_at_an_occlusion_map_reads_the_probability(page, report):
    example = report.examples[0]
    result, name = example.result, report.classes[example.result.label]
    heat = page.locator(".heat").first
    heat.scroll_into_view_if_needed()
    box = heat.locator("canvas").bounding_box()
    for p, q in [(0, 0), (2, 5), (len(result.rows) - 1, len(result.columns) - 1)]:
        x = box["x"] + (q + 0.5) / len(result.columns) * box["width"]
        y = box["y"] + (p + 0.5) / len(result.rows) * box["height"]
        page.mouse.move(x, y)
        words = page.inner_text(".example:first-child .readout")
        assert f"row {result.rows[p]}, column {result.columns[q]}: " in words
        assert f"probability of {name} is {result.probability[p, q]:.3f}" in words
        likely = report.classes[result.most_likely[p, q]]
        assert ("still most likely" if likely == name else f"it says {likely}") in words


def test_the_whole_image_is_beside_its_patch_with_a_frame(page, report):
    view, scenes = report.layers[2], report.scenes
    open_map(page, "relu2", 3)
    for rank in (0, 5):
        page.hover(f"#projections > :nth-child({rank + 1})")
        (shown,) = pixels(page, "#detail .whole canvas")
        n = scenes.image_indices.tolist().index(view.found.image_indices[3, rank])
        np.testing.assert_array_equal(shown[..., 0], scenes.images[n, ..., 0])
        frame, whole = (
            page.locator(f"#detail .whole {part}").bounding_box() for part in (".field", "canvas")
        )
        top, bottom, left, right = view.fields[3, rank] / np.repeat(scenes.size, 2)
        sides = [whole["width"], whole["height"]] * 2
        got = frame["x"] - whole["x"], frame["y"] - whole["y"], frame["width"], frame["height"]
        np.testing.assert_allclose(np.divide(got, sides), (left, top, right - left, bottom - top), atol=0.02)


@pytest.mark.parametrize("article", ["#detail", "#wrong article", "#examples article"])
def test_pictures_can_fill_the_screen(page, article):
    button, canvas = (page.locator(f"{article} {part}").first for part in (".enlarge", "canvas"))
    before = canvas.bounding_box()["width"]
    button.click()
    page.wait_for_function("document.fullscreenElement?.matches('article')")
    assert canvas.bounding_box()["width"] > 1.3 * before
    assert page.evaluate("document.fullscreenElement.scrollWidth") <= page.evaluate("innerWidth")
    button.click()
    page.wait_for_function("document.fullscreenElement === null")
    assert canvas.bounding_box()["width"] == before


def test_mistakes_are_counted_and_shown(page, report):
    result = report.wrong.result
    counts = result.confusion
    wrong = counts.sum() - counts.trace()
    assert page.inner_text("#wrong-count").startswith(f"{wrong} of {counts.sum()} answers are wrong.")
    shown = [[cell.strip() for cell in row.split("\t")] for row in page.inner_text("#confusion").splitlines()]
    for name, row in zip(report.classes, counts.tolist(), strict=True):
        assert [name, *(str(count or "·") for count in row)] in shown
    titles = [
        f"Image {image}: {report.classes[truth]}, taken for {report.classes[answer]}"
        for image, truth, answer in zip(result.image_indices, result.truth, result.predicted, strict=True)
    ]
    assert page.locator("#wrong h3").all_inner_texts() == titles
    assert page.locator("#wrong canvas").count() == 3 * len(titles)


def test_pointing_at_a_curve_reads_its_values(page):
    chart = page.locator("#charts .plot").last
    box = chart.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.55, box["y"] + 20)
    expected = f"epoch 2: training {75:.2f} %, validation {100 * (1 - 0.4**2):.2f} %"
    assert page.inner_text("#charts figure:last-child output") == expected
    page.click("summary")
    assert page.locator("#history tbody tr").count() == 3
    assert page.locator("#history tbody tr").first.inner_text().split()[3] == "—"  # no validation then


@pytest.mark.parametrize("width", [320, 390, 800, 1280])
def test_no_width_needs_sideways_scrolling(browser, path, width):
    with opened(browser, path, viewport={"width": width, "height": 800}) as page:
        for layer in ("relu1", "logits"):
            page.click(f'[data-layer="{layer}"]')
            settled(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_on_a_phone_a_click_leads_to_the_detail_and_back(browser, path):
    phone = {"viewport": {"width": 390, "height": 500}, "has_touch": True, "reduced_motion": "reduce"}
    with opened(browser, path, **phone) as page:
        open_map(page, "relu2", 1)
        assert page.locator("#detail-title").bounding_box()["y"] < 250
        page.click("text=Back to the maps")
        assert page.evaluate("document.activeElement.dataset.map") == "1"


def test_a_dark_scheme_is_dark(browser, path):
    brightness = {}
    for scheme in ("light", "dark"):
        with opened(browser, path, color_scheme=scheme) as page:
            colors = [
                page.evaluate(f"getComputedStyle(document.querySelector('{element}')).{name}")
                for element, name in [
                    ("html", "backgroundColor"),
                    ("h1", "color"),
                    ("button", "backgroundColor"),
                ]
            ]
            brightness[scheme] = [sum(int(part) for part in color[4:-1].split(",")) for color in colors]
    paper, ink, button = range(3)
    light, dark = brightness["light"], brightness["dark"]
    assert light[paper] > 600 > 150 > light[ink]
    assert dark[ink] > 600 > 150 > dark[paper]
    assert light[button] > 600 > 150 > dark[button]


def test_the_address_keeps_what_was_chosen(browser, path):
    with opened(browser, path, "#layer=pool1&map=2&stage=1&alive=1") as page:
        assert page.inner_text("#detail-title") == "pool1, map 2"
        assert page.inner_text("#stage-name") == "epoch 2"
        assert page.is_checked("#alive")
        page.click('[data-map="3"]')
        page.reload()
        assert page.inner_text("#detail-title") == "pool1, map 3"
    with opened(browser, path, "#layer=nonsense&map=-4&stage=999") as page:
        assert page.inner_text("#detail-title") == "relu1, map 0"


def test_hostile_names_do_nothing(browser, tmp_path):
    write(tmp_path / "hostile.html", hostile_report(tmp_path))
    with opened(browser, tmp_path / "hostile.html", viewport={"width": 390, "height": 844}) as page:
        for button in page.locator("#layers button").all():
            button.click()
            for item in page.locator("#grid button").all():
                item.click()
        settled(page)
        page.wait_for_timeout(100)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.evaluate("window.hacked === undefined")
        assert page.locator("img").count() == 0
        text = page.inner_text("body")
        assert all(name in text for name in HOSTILE)
        assert page.title().endswith(f"on {HOSTILE[0]}")


def test_the_policy_blocks_requests_outside_the_file(browser, path):
    context = browser.new_context()
    page = context.new_page()
    page.goto(path.as_uri())
    for attempt in (
        "new Image().src = 'http://127.0.0.1:9/picture.png'",
        "fetch('http://127.0.0.1:9/').catch(() => {})",
        "document.body.append(Object.assign(document.createElement('script'), {text: 'hacked = 1'}))",
    ):
        blocked = page.evaluate(
            f"""new Promise(resolve => {{
                document.addEventListener('securitypolicyviolation', event => resolve(true), {{once: true}});
                {attempt};
            }})"""
        )
        assert blocked
    assert page.evaluate("window.hacked === undefined")
    context.close()


@pytest.mark.slow
def test_a_real_network_opens_in_two_seconds(browser, tmp_path):
    write(tmp_path / "large.html", noisy_report())
    started = time.perf_counter()
    with opened(browser, tmp_path / "large.html", "#layer=relu6") as page:
        settled(page)
        assert time.perf_counter() - started < 2
        assert len({shown.tobytes() for shown in pixels(page, "#grid canvas")}) == 64


def test_the_open_page_follows_the_training_until_it_ends(browser, report, tmp_path):
    path = tmp_path / "report.html"
    write(path, report._replace(history=history(1)), refresh=0.2)
    with opened(browser, path) as page:
        write(path, report._replace(history=history(2)), refresh=0.2)
        page.wait_for_selector("#charts output:has-text('epoch 2: ') >> nth=0")
    with opened(browser, path, "#following=0") as page:  # no reload while the page is used
        open_map(page, "relu2", 3)
        page.press("#stage", "Home")
        page.focus('[data-map="3"]')
        page.evaluate("scrollTo(0, 300); window.old = true")
        write(path, report._replace(history=history(3)), refresh=60)  # not reloaded: following is off
        page.evaluate("document.querySelector('#following').click()")  # keeps the focus
        page.wait_for_selector("#charts output:has-text('epoch 3: ') >> nth=0")
        assert page.evaluate("window.old === undefined")
        assert page.inner_text("#detail-title") == "relu2, map 3"
        assert page.inner_text("#stage-name") == "epoch 1"
        assert page.evaluate("document.activeElement.dataset.map") == "3"
        assert page.evaluate("scrollY") == 300
        page.click("#following")  # stop
        write(path, report._replace(history=history(3)), refresh=0.2)
        page.reload()
        page.evaluate("window.old = true")
        page.wait_for_timeout(600)
        assert page.evaluate("window.old")
        page.click("#following")  # and go on
        write(path, report._replace(history=history(4)))
        page.wait_for_selector("#charts output:has-text('epoch 4: ') >> nth=0")
        assert not page.is_visible("#follow")
        page.evaluate("window.old = true")
        page.wait_for_timeout(600)
        assert page.evaluate("window.old")


def test_classes_of_unlabeled_images_are_called_predicted(browser, tmp_path):
    plain = tiny_dataset(70)
    report, _ = tiny_report(tmp_path, Dataset(plain.images, None, CLASSES, "bare"))
    write(tmp_path / "page.html", report)
    with opened(browser, tmp_path / "page.html") as page:
        open_map(page, "relu2", 3)
        assert "Their predicted classes" in page.inner_text("#detail")
        assert ", predicted " in page.inner_text("#detail")
        for section in ("#similar", "#occlusion"):
            assert ", predicted " in page.inner_text(section)
        assert "of its predicted class" in page.inner_text("#scatter-kin")
        text = page.inner_text("body").casefold()
        for word in (", class ", "true class", "are right", "are wrong", "truth"):
            assert word not in text
        assert page.locator("#mistakes").count() == 0


def test_long_names_of_classes_stay_inside_the_scatter(browser, tmp_path):
    plain = tiny_dataset(70)
    names = tuple(f"{name} with a name that is quite long" for name in plain.classes)
    report, _ = tiny_report(tmp_path, Dataset(plain.images, plain.labels, names, "long"))
    write(tmp_path / "page.html", report)
    with opened(browser, tmp_path / "page.html") as page:
        ends = page.eval_on_selector_all(
            "#scatter text[data-label]", "all => all.map(t => t.getBBox()).flatMap(b => [b.x, b.x + b.width])"
        )
        assert len(ends) == 2 * len(set(plain.labels.tolist()))
        assert min(ends) >= 0
        assert max(ends) <= 600
