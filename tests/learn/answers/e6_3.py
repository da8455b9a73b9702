"""Answers to exercise 6.3, one unit carried down to the pixels."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def go_up(image, weight, bias):
    seen = sliding_window_view(image, weight.shape[:2], axis=(0, 1))
    return np.maximum(np.einsum("ijckl,klcf->ijf", seen, weight) + bias, 0)


def step_by_step(
    image,
    weight,
    bias,
    feature_map,
    *,
    alone=True,
    switches=True,
    down_bias=0.0,
    turn=1,
    last=False,
    all_maps=False,
):
    """Write every array out, both ways; the options are mistakes."""
    rectified = go_up(image, weight, bias)
    rows, columns, filters = rectified.shape[0] // 2, rectified.shape[1] // 2, rectified.shape[2]
    pooled, places = np.zeros((rows, columns, filters)), {}
    for i, j, f in np.ndindex(*pooled.shape):
        best = None
        for h, w in np.ndindex(2, 2):
            value = rectified[2 * i + h, 2 * j + w, f]
            if best is None or value > best or (last and value == best):
                best, places[i, j, f] = value, (2 * i + h, 2 * j + w) if switches else (2 * i, 2 * j)
        pooled[i, j, f] = best
    kept = np.zeros_like(pooled)
    if alone:
        i, j = np.unravel_index(pooled[:, :, feature_map].argmax(), (rows, columns))
        kept[i, j, feature_map] = pooled[i, j, feature_map]
        if all_maps:
            kept[i, j] = pooled[i, j]
    else:
        kept[:, :, feature_map] = pooled[:, :, feature_map]
    pixels = np.zeros(image.shape) + down_bias
    for (i, j, f), (top, left) in places.items():
        stamp = max(kept[i, j, f], 0) * weight[::turn, ::turn, :, f]
        pixels[top : top + weight.shape[0], left : left + weight.shape[1]] += stamp
    return pixels


def one_stamp(image, weight, bias, feature_map):
    """Search the largest value without pooling: it wins its window, too. In float32."""
    image = image.astype(np.float32)
    values = go_up(image, weight, bias)[:, :, feature_map]
    values = values[: len(values) // 2 * 2, : values.shape[1] // 2 * 2]
    windows = values.reshape(len(values) // 2, 2, -1, 2).swapaxes(1, 2).reshape(len(values) // 2, -1, 4)
    window, inside = divmod(int(windows.argmax()), 4)
    i, j = divmod(window, windows.shape[1])
    top, left = 2 * i + inside // 2, 2 * j + inside % 2
    pixels = np.zeros(image.shape, np.float32)
    pixels[top : top + weight.shape[0], left : left + weight.shape[1]] = (
        values[top, left] * weight[..., feature_map]
    )
    return pixels


def image_of_the_map(image, weight, bias, feature_map):
    return go_up(image, weight, bias)[:, :, [feature_map]]


def whole_map(image, weight, bias, feature_map):
    return step_by_step(image, weight, bias, feature_map, alone=False)


def switches_forgotten(image, weight, bias, feature_map):
    return step_by_step(image, weight, bias, feature_map, switches=False)


def only_positive_pixels(image, weight, bias, feature_map):
    return np.maximum(step_by_step(image, weight, bias, feature_map), 0)


def turned(image, weight, bias, feature_map):
    # Seen on chapter 6's edge filter first: turned, it is its own negative.
    return step_by_step(image, weight, bias, feature_map, turn=-1)


def bias_on_the_way_down(image, weight, bias, feature_map):
    return step_by_step(image, weight, bias, feature_map, down_bias=bias[feature_map])


def bias_forgotten(image, weight, bias, feature_map):
    return step_by_step(image, weight, 0 * bias, feature_map)


def all_maps_of_the_place(image, weight, bias, feature_map):
    return step_by_step(image, weight, bias, feature_map, all_maps=True)


def always_map_0(image, weight, bias, feature_map):
    return step_by_step(image, weight, bias, 0)


def never_rectified(image, weight, bias, feature_map):
    strongest = one_stamp(image, weight, bias, feature_map)
    if np.any(strongest):
        return strongest
    seen = sliding_window_view(image, weight.shape[:2], axis=(0, 1))
    values = np.einsum("ijckl,klcf->ijf", seen, weight)[:, :, feature_map] + bias[feature_map]
    strongest[: weight.shape[0], : weight.shape[1]] = values.max() * weight[..., feature_map]
    return strongest


def last_of_equals(image, weight, bias, feature_map):
    return step_by_step(image, weight, bias, feature_map, last=True)


def half_windows_too(image, weight, bias, feature_map):
    rows, columns = (image.shape[axis] - weight.shape[axis] + 1 for axis in (0, 1))
    wide = np.pad(image, ((0, rows % 2), (0, columns % 2), (0, 0)))
    return step_by_step(wide, weight, bias, feature_map)[: image.shape[0], : image.shape[1]]


RIGHT = [step_by_step, one_stamp]
WRONG = [
    (image_of_the_map, "the largest value returns to its pixel"),
    (whole_map, "only the strongest unit is carried down"),
    (switches_forgotten, "the switch says where in the window it came from"),
    (only_positive_pixels, "the filter writes itself, times the activation"),
    (turned, "the filter writes itself, times the activation"),
    (bias_on_the_way_down, "the bias counts on the way up, and not on the way down"),
    (bias_forgotten, "the bias counts on the way up, and not on the way down"),
    (all_maps_of_the_place, "the other maps stay silent"),
    (always_map_0, "the other maps stay silent"),
    (never_rectified, "a silent map projects to nothing"),
    (last_of_equals, "of equal values the first counts"),
    (half_windows_too, "what windows do not fill is left out"),
]
