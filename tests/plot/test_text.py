"""Names from data are drawn literally, whatever their characters."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from npdeconv import plot
from npdeconv._text import visible
from npdeconv.data import load_strokes, plant
from npdeconv.experiments.pooling_comparison import LocalizationExample
from npdeconv.plot import literal, text, use_fonts
from npdeconv.plot.text import in_legend
from npdeconv.visualize import ClassActivationMaps, Maximization, Mistakes, Neighbors
from tests.plot.test_occlusion import drawn as drawn_occlusion

NAMES = ("A$$AP", "$$", "US$ and CA$", r"\$x_{$", "_hidden", "two\nlines", "\x1b[2J", "\udcff", "100 %", "ü")


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def rendered(string, **settings):
    figure = plt.figure(figsize=(3, 0.5))
    figure.text(0, 0.3, string, **settings)
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())


@pytest.mark.parametrize("name", ["A$$AP", "$$", "US$ and CA$", r"\$x$ _{", r"$\alpha$", "$", r"\\$"])
def test_dollars_start_no_formula(name):
    np.testing.assert_array_equal(rendered(literal(name)), rendered(name, parse_math=False))


def test_long_lines_are_broken_one_by_one():
    assert (
        text.wrapped("map 1\npredicted Egyptian cat (52.2%)", 24) == "map 1\npredicted Egyptian cat\n(52.2%)"
    )


def test_invisible_characters_are_escaped():
    assert visible("a\x1b[2J\r\nb\t\udcff\u202ec\x7f\u2028") == r"a\x1b[2J\r\nb\t\udcff\u202ec\x7f\u2028"
    assert visible("naïve 猫 😀 ‰ 🧑\u200d🔬") == "naïve 猫 😀 ‰ 🧑\u200d🔬"
    assert literal("a\nb\udcff") == r"a\nb\udcff"


def test_letters_without_a_font_are_spelled_with_one_warning(monkeypatch):
    monkeypatch.setattr(text, "_warned", set())
    monkeypatch.setattr(text, "_other_families", dict)
    text._family.cache_clear()
    with pytest.warns(UserWarning, match="no font has '猫', which is drawn as 'Mao', .*Noto") as warned:
        spelled = [literal(name) for name in ("猫 und 狗", "한국어 🧑\u200d🔬")]
    assert spelled == ["Mao und Gou", "HanGugEo :adult:\u200d:microscope:"]
    assert len(warned) == 1
    assert literal("\U000f0000") == r"\U000f0000"
    text._family.cache_clear()


def test_a_font_that_has_the_letter_is_used():
    strange = "\u1d81"  # in STIX, which comes with Matplotlib, but not in the default font
    assert literal(strange) == strange
    figure, ax = plt.subplots()
    ax.set_title(strange)
    ax.set_xticks([0], [strange])
    usual = ax.set_ylabel("a")
    use_fonts(figure)
    for drawn in (ax.title, ax.get_xticklabels()[0]):
        assert drawn.get_fontfamily() == ["sans-serif", text._other_families()[ord(strange)]]
    assert usual.get_fontfamily() == ["sans-serif"]
    figure.canvas.draw()  # a missing letter would be a warning, which is an error here


IMAGES = np.zeros((len(NAMES), 4, 4, 1), np.uint8)
EACH = np.arange(len(NAMES))


def class_activation():
    maps = np.ones((1, len(NAMES), 4, 4))
    each = np.full((1, len(NAMES)), 0.1)
    result = ClassActivationMaps(EACH[None], each, each, each, maps, maps)
    return plot.class_activation(IMAGES[0], result, classes=NAMES)


def mistakes():
    pixels, chance = np.ones(IMAGES.shape), np.full(len(NAMES), 0.5)
    result = Mistakes(EACH, EACH, np.roll(EACH, 1), chance, chance, pixels, pixels, np.eye(2, dtype=int))
    return plot.mistakes(IMAGES, result, NAMES)


def neighbors():
    found = Neighbors(EACH, np.roll(EACH, 1)[:, None], np.ones((len(NAMES), 1)))
    return plot.neighbors(IMAGES, found, found, EACH, NAMES)


def maximized(draw):
    frames, grown = IMAGES[None], np.ones((2, len(NAMES)))
    boxes = np.tile([0, 4, 0, 4], (len(NAMES), 1))
    return draw(Maximization(IMAGES, IMAGES / 255, grown, boxes, frames, np.zeros(1, int)), titles=NAMES)


def occlusion():
    result = drawn_occlusion(EACH[:6].reshape(2, 3))[1]
    return plot.occlusion(np.zeros((8, 8, 1), np.uint8), result, classes=NAMES)


def localization():
    dataset = load_strokes(10, 0)
    pictures = plant(dataset)
    named = type(dataset)(pictures.dataset.images, pictures.dataset.labels, NAMES, "named")
    maps = np.ones((1, 10, *named.images.shape[1:3]))
    example = LocalizationExample("max", pictures._replace(dataset=named), maps, pictures.boxes[None])
    return plot.localization_examples(example)


@pytest.mark.parametrize(
    "draw",
    [
        class_activation,
        mistakes,
        neighbors,
        occlusion,
        localization,
        lambda: plot.confusion(np.eye(len(NAMES), dtype=int), NAMES),
        lambda: plot.scatter(np.random.default_rng(0).random((len(NAMES), 2)), IMAGES, EACH, NAMES),
        lambda: maximized(plot.maximized),
        lambda: maximized(plot.ascents),
    ],
)
def test_every_drawing_takes_any_name(draw):
    axes = draw()
    figure = (axes.flat[0] if isinstance(axes, np.ndarray) else axes).figure
    figure.canvas.draw()
    drawn = "\n".join(artist.get_text() for artist in figure.findobj(plt.Text))
    assert r"A\$\$AP" in drawn
    assert "\x1b" not in drawn
    assert "two\nlines" not in drawn


def test_a_legend_leaves_out_no_name():
    ax = maximized(plot.ascents)
    assert [label.get_text() for label in ax.get_legend().get_texts()] == [in_legend(name) for name in NAMES]
    assert in_legend("_hidden") == " _hidden"
