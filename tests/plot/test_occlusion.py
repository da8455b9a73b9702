"""The drawing of an occluder's effect: places, scales, colors."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from npdeconv import plot
from npdeconv.plot.images import vivid_limit
from npdeconv.visualize import OccluderGrid, Occlusion, occlude
from tests.visualize.test_occlusion import corner_classifier, planted


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def drawn(most_likely, label=0, truth=0, **changes) -> tuple[np.ndarray, Occlusion]:
    """A result with its maps on 2 x 3 positions of an 8x8 image, and the axes it is drawn on."""
    maps = np.arange(6.0).reshape(2, 3)
    places = OccluderGrid((4, 2), np.array([0, 3]), np.array([0, 2, 4]))
    values = dict(zip(Occlusion._fields[:3], places, strict=True)) | {
        "label": label,
        "layer": "relu1",
        "feature_map": 5,
        "probability": maps[::-1] / 10,
        "log_odds": maps - 3,
        "most_likely": np.array(most_likely),
        "largest_probability": maps / 5,
        "activity": maps,
        "clean_probability": 0.75,
        "clean_log_odds": 7.0,
        "clean_most_likely": 1,
        "clean_largest_probability": 0.75,
        "clean_activity": 8.0,
        "projection": np.zeros((8, 8, 1)),
        "energy": maps,
        "agreement": 0.5,
    }
    result = Occlusion(**(values | changes))
    image, classes = np.zeros((8, 8, 1), np.uint8), tuple("abcdefghijklmn")
    return plot.occlusion(image, result, classes=classes, truth=truth), result


def edges(drawing):
    """Return the edges of the columns and rows of a drawn map."""
    corners = drawing.get_coordinates()
    return corners[0, :, 0].tolist(), corners[:, 0, 1].tolist()


def test_a_last_row_at_a_shorter_distance_is_narrower():
    axes, _ = drawn(np.ones((2, 3), int), columns=np.array([0, 4, 6]))
    assert edges(axes[2].collections[-1])[0] == [-1.5, 2.5, 5.5, 7.5]


def test_maps_are_drawn_over_the_image_at_the_occluders_center():
    axes, result = drawn([[0, 1, 0], [0, 0, 2]])
    assert axes.shape == (5,)
    for ax, values in zip(axes[2:4], (result.activity, result.probability), strict=True):
        drawing = ax.collections[-1]
        np.testing.assert_array_equal(drawing.get_array(), values)
        # Rows 0..3 and 3..6 have their centers at 1.5 and 4.5; columns at 0.5, 2.5 and 4.5.
        assert edges(drawing) == ([-0.5, 1.5, 3.5, 5.5], [0, 3, 6])
        assert (ax.get_xlim(), ax.get_ylim()) == ((-0.5, 7.5), (7.5, -0.5))
    assert axes[2].collections[-1].get_clim() == (0, 8)
    assert axes[3].collections[-1].get_clim() == (0, 1)
    outline = axes[0].patches[1]
    assert (*outline.get_xy(), outline.get_width(), outline.get_height()) == (-0.5, 2.5, 2, 4)
    assert axes[1].get_title() == (
        "relu1, map 5, projected\nenergy and drop: rank correlation 0.50\n"
        f"mid-gray is zero, white and black ±{vivid_limit(result.projection):.2g}"
    )
    assert axes[0].get_title() == "a (true), and the occluder\nthat harms it most"
    caption = axes[0].figure.get_supxlabel()
    assert caption.startswith("each square of the three maps: a place of the occluder's center;")
    assert axes[2].images[0].get_alpha() is None  # the image around a map isn't dimmed
    axes[0].figure.canvas.draw()


def test_an_occluder_without_effect_is_called_harmless():
    ones = np.ones((2, 3))
    axes, _ = drawn(ones.astype(int), probability=ones - 1e-9, clean_probability=1.0)
    assert axes[0].get_title() == "a (true), and an occluder,\nwhich harms it nowhere"
    axes, _ = drawn(ones.astype(int), probability=ones * 0.4, clean_probability=0.3)
    assert "harms it nowhere" in axes[0].get_title()


def legend_of(ax):
    legend = ax.get_legend()
    return {
        text.get_text(): patch.get_facecolor()
        for text, patch in zip(legend.get_texts(), legend.get_patches(), strict=True)
    }


def test_every_class_has_its_color_in_the_legend():
    axes, result = drawn([[3, 1, 3], [0, 3, 2]])
    legend = legend_of(axes[4])
    assert list(legend) == ["a (true)", "d", "b", "c"]
    drawing = axes[4].collections[-1]
    colors = drawing.cmap(drawing.norm(drawing.get_array()))
    for place, number in np.ndenumerate(result.most_likely):
        name = "a (true)" if number == 0 else "abcd"[number]
        assert tuple(colors[place]) == legend[name]


def test_the_true_class_keeps_its_color_and_many_classes_share_one():
    never = legend_of(drawn([[1, 1, 1], [1, 1, 1]])[0][4])
    assert list(never) == ["b"]
    assert never["b"] != legend_of(drawn([[0, 1, 1], [1, 1, 1]])[0][4])["a (true)"]
    many = np.arange(12).reshape(2, 6)
    axes, _ = drawn(
        many, columns=np.arange(6), activity=many * 1.0, probability=many / 12, log_odds=many * 1.0
    )
    legend = legend_of(axes[4])
    assert list(legend) == ["a (true)", *"bcdefghi", "other"]
    assert len(set(legend.values())) == 10


@pytest.mark.parametrize(
    ("label", "truth", "name"),
    [(1, None, "b (predicted)"), (1, 1, "b (true)"), (0, None, "a"), (1, 0, "b (predicted)")],
)
def test_only_a_given_label_is_called_true(label, truth, name):
    axes, _ = drawn([[0, 1, 1], [1, 1, 1]], label, truth)
    assert axes[0].get_title().startswith(f"{name}, and ")
    assert next(iter(legend_of(axes[4]))) == name


def test_one_position_and_a_silent_map_can_be_drawn():
    net = corner_classifier(3)
    image = planted(3, 3)
    result = occlude(net, image, "relu1", label=1, size=4, feature_map=0, corner=(2, 6))
    assert (result.clean_activity, result.agreement) == (0, 0)
    axes = plot.occlusion(image, result)
    assert edges(axes[2].collections[-1]) == ([5.5, 9.5], [1.5, 5.5])
    assert axes[3].get_title() == "probability of class 1\n(0.047426, without occluder: 0.0474)"
    axes[0].figure.canvas.draw()


def test_log_odds_take_the_place_of_the_probability():
    _, result = drawn([[0, 1, 0], [0, 0, 2]])
    ax = plot.occlusion(np.zeros((8, 8, 1), np.uint8), result, log_odds=True)[3]
    np.testing.assert_array_equal(ax.collections[-1].get_array(), result.log_odds)
    assert ax.collections[-1].get_clim() == (-3, 7)  # with the log-odds without an occluder
    assert ax.get_title() == "log-odds of class 0\n(without occluder: 7)"


def test_of_a_single_place_the_probability_itself_is_said():
    image, label = planted(2, 5), 0
    result = occlude(corner_classifier(0), image, "relu1", 0, label=label, size=3, corner=(2, 5))
    axes = plot.occlusion(image, result)
    hidden, likely = result.probability.item(), result.largest_probability.item()
    assert f"({hidden:.5g}, without occluder" in axes[3].get_title()
    assert axes[4].get_title().endswith(f"; here with {likely:.5f})")
