"""The contents of drawings."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from npdeconv import plot
from npdeconv.plot.images import span, vivid
from npdeconv.training import History
from npdeconv.visualize import Projection


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def result(pixels, boxes, silent) -> Projection:
    n = len(pixels)
    return Projection(pixels, np.ones(n), np.zeros((n, 2), int), np.array(boxes), np.array(silent))


@pytest.mark.parametrize("channels", [1, 3])
def test_projections_share_one_scale_with_zero_in_the_middle(channels):
    pixels = np.zeros((2, 8, 8, channels))
    pixels[0, 1, 1], pixels[1, 2, 2] = 4, -2
    images = np.zeros((2, 8, 8, channels), np.uint8)
    axes = plot.projections(images, result(pixels, [[0, 3, 0, 3], [0, 3, 0, 3]], [False, False]))
    assert axes.shape == (2, 2)
    first, second = (axes[1, n].images[0].get_array() for n in range(2))
    assert (first[1, 1] == 1).all()
    assert (second[2, 2] == 0.25).all()
    assert (first[0, 0] == 0.5).all()


def test_boxes_outline_their_pixels_and_show_padding():
    pixels, images = np.ones((3, 8, 8, 1)), np.zeros((3, 8, 8, 1), np.uint8)
    boxes = [[1, 4, 2, 7], [-2, 3, 5, 10], [-3, 12, -3, 12]]
    axes = plot.projections(images, result(pixels, boxes, [False] * 3), titles=["a", "b", "c"])
    outline = axes[0, 0].patches[1]
    assert (*outline.get_xy(), outline.get_width(), outline.get_height()) == (1.5, 0.5, 5, 3)
    for ax in axes[0]:  # the second box leaves its image; all views have one size
        assert (ax.get_xlim(), ax.get_ylim()) == ((-0.5, 9.5), (7.5, -2.5))
    frame = axes[0, 2].patches[1]  # the whole image and more: its frame
    assert (*frame.get_xy(), frame.get_width(), frame.get_height()) == (-0.5, -0.5, 8, 8)
    assert [ax.get_title() for ax in axes[0]] == ["a", "b", "c"]
    axes[0, 0].figure.canvas.draw()
    assert np.ptp([ax.title.get_window_extent().y0 for ax in axes[0]]) < 1
    assert np.ptp([ax.get_window_extent().width for ax in axes[0]]) < 1


def test_a_silent_map_is_called_silent_and_has_no_box():
    axes = plot.projections(
        np.zeros((1, 4, 4, 1), np.uint8), result(np.zeros((1, 4, 4, 1)), [[0, 1, 0, 1]], [True])
    )
    assert axes[1, 0].get_title() == "silent"
    assert not axes[0, 0].patches


def test_a_weak_projection_says_how_active_its_unit_is_and_the_figure_has_a_title():
    shown = result(np.zeros((2, 4, 4, 1)), [[0, 1, 0, 1]] * 2, [False] * 2)
    shown = shown._replace(activation=np.array([0.02441, 13.2]))
    axes = plot.projections(np.zeros((2, 4, 4, 1), np.uint8), shown, title="relu2, deconv")
    assert [ax.get_title() for ax in axes[1]] == ["activation 0.024", "activation 13"]
    figure = axes[0, 0].figure
    assert figure.get_suptitle() == "relu2, deconv"
    figure.canvas.draw()
    for ax in axes[1]:
        assert ax.title.get_window_extent().y1 <= ax.get_window_extent().y0  # below


def test_many_projections_are_wrapped():
    pixels = np.arange(10.0).reshape(10, 1, 1, 1) * np.ones((4, 4, 1))
    shown = result(pixels, [[0, 2, 0, 2]] * 10, [False] * 10)
    axes = plot.projections(np.zeros((10, 4, 4, 1), np.uint8), shown)
    assert axes.shape == (2, 10)
    figure = axes[0, 0].figure
    assert len(figure.axes) == 20 + 1  # unused axes are removed; one more holds the scale
    assert figure.axes[-1].get_ylim() == (-9, 9)
    assert figure.axes[-1].get_ylabel() == "pixel of a projection"
    assert "pale beyond the edge\nbelow: its projection" in figure.get_supxlabel()
    places = [[ax.get_subplotspec().rowspan.start for ax in row] for row in axes]
    assert places == [[0] * 8 + [2] * 2, [1] * 8 + [3] * 2]
    columns = [ax.get_subplotspec().colspan.start for ax in axes[0]]
    assert columns == [*range(8), 0, 1]
    for n, ax in enumerate(axes[1]):
        np.testing.assert_allclose(ax.images[0].get_array(), 0.5 + n / 18)


def test_given_axes_are_drawn_on():
    figure, axes = plt.subplots(2, 1, squeeze=False)
    drawn = plot.projections(
        np.zeros((1, 4, 4, 1), np.uint8), result(np.zeros((1, 4, 4, 1)), [[0, 1, 0, 1]], [False]), axes
    )
    assert np.shares_memory(drawn, axes)
    assert plt.get_fignums() == [figure.number]


def test_curves_draw_validation_only_where_there_was_any():
    history = History()
    for epoch in (1, 2):
        history.append(
            epoch=epoch,
            loss=1 / epoch,
            accuracy=0.5,
            validation_loss=np.nan,
            validation_accuracy=np.nan,
            learning_rate=0.1,
            seconds=1,
        )
    axes = plot.curves(history)
    assert [len(ax.lines) for ax in axes] == [1, 1]
    np.testing.assert_array_equal(axes[0].lines[0].get_ydata(), [1, 0.5])
    assert [ax.get_ylabel() for ax in axes] == ["cross-entropy (nats)", "accuracy"]


@pytest.mark.parametrize(
    ("limit", "said"),
    [(0, "±0"), (0.7149, "±0.71"), (650.4, "±650"), (12345, "±12000"), (1.93e6, "±1.9e+06")],
)
def test_scales_are_numbers_of_two_digits(limit, said):
    assert span(limit) == said


def drawn_pixels(image, dots):
    """Return the gray values of an image in a figure of so many dots."""
    figure = plt.figure(figsize=(1, 1), dpi=dots)
    plot.image(image, figure.add_axes((0, 0, 1, 1)))
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., 0]


@pytest.mark.parametrize("channels", [1, 3])
def test_fine_patterns_of_large_images_are_averaged_and_small_ones_are_sharp(channels):
    board = np.indices((300, 300)).sum(axis=0) % 2 * 255
    fine = np.repeat(board[..., np.newaxis], channels, axis=2).astype(np.uint8)
    shown = drawn_pixels(fine, 163)[4:-4, 4:-4]
    assert np.abs(shown - 127.5).max() < 30  # with left-out pixels, there were coarse black and white fields
    small = drawn_pixels(fine[:8, :8], 64)
    np.testing.assert_array_equal(small, np.kron(board[:8, :8], np.ones((8, 8))))


def test_images_of_two_channels_are_refused():
    with pytest.raises(
        ValueError, match=r"expected pixels of shape \(H, W, 1\) or \(H, W, 3\), got \(4, 4, 2\)"
    ):
        plot.image(np.zeros((4, 4, 2)))


def test_a_small_field_is_drawn_enlarged():
    pixels = np.zeros((1, 20, 20, 3))
    pixels[0, 4:7, 5:8] = 1
    images = np.zeros((1, 20, 20, 3), np.uint8)
    axes = plot.projections(images, result(pixels, [[4, 7, 5, 8]], [False]))
    assert axes[1, 0].images[0].get_array().shape[:2] == (3, 3)
    assert axes[1, 0].get_title() == "activation 1\n3x3, enlarged"
    assert axes[0, 0].images[0].get_array().shape[:2] == (20, 20)
    axes = plot.projections(images, result(pixels, [[2, 9, 3, 10]], [False]))  # 49 of 400: more than a 16th
    assert axes[1, 0].images[0].get_array().shape[:2] == (20, 20)


def test_vivid_clips_the_strongest_hundredth_of_the_nonzero_pixels():
    pixels = np.zeros((10, 40, 1), np.float32)
    pixels[:5, :, 0] = np.linspace(-1, 1, 200).reshape(5, 40)
    pixels[0, 0] = -100
    shown = vivid(pixels)
    np.testing.assert_array_equal(shown[5:], 0.5)
    assert shown[0, 0, 0] == 0
    np.testing.assert_allclose(shown[2, 5, 0], 0.5 + pixels[2, 5, 0] / 2, atol=0.02)
    np.testing.assert_array_equal(vivid(np.zeros((2, 2, 1), np.float32)), 0.5)
