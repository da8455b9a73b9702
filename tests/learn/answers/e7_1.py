"""Answers to exercise 7.1, occlusion."""

import numpy as np


def with_masks(score, image, size, stride, fill):
    """Choose between picture and fill, in float32, and collect lists."""
    height, width, _ = image.shape
    rows, columns = np.arange(height)[:, np.newaxis, np.newaxis], np.arange(width)[:, np.newaxis]
    answer = []
    for top in range(0, height - size + 1, stride):
        line = []
        for left in range(0, width - size + 1, stride):
            covered = (top <= rows) & (rows < top + size) & (left <= columns) & (columns < left + size)
            line.append(score(np.where(covered, np.float32(fill), image)))
        answer.append(line)
    return answer


def one_copy(score, image, size, stride, fill):
    """Hide, ask, and put the pixels back."""
    hidden = image.copy()
    scores = np.empty([(side - size) // stride + 1 for side in image.shape[:2]], np.float32)
    for p, q in np.ndindex(scores.shape):
        box = np.s_[p * stride : p * stride + size, q * stride : q * stride + size]
        before = hidden[box].copy()
        hidden[box] = fill
        scores[p, q] = score(hidden)
        hidden[box] = before
    return scores


def never_put_back(score, image, size, stride, fill):
    hidden = image.copy()  # once, for all places
    scores = np.zeros(((image.shape[0] - size) // stride + 1, (image.shape[1] - size) // stride + 1))
    for p in range(scores.shape[0]):
        for q in range(scores.shape[1]):
            hidden[p * stride : p * stride + size, q * stride : q * stride + size] = fill
            scores[p, q] = score(hidden)
    return scores


def no_copy(score, image, size, stride, fill):
    scores = np.zeros(((image.shape[0] - size) // stride + 1, (image.shape[1] - size) // stride + 1))
    for p in range(scores.shape[0]):
        for q in range(scores.shape[1]):
            hidden = image  # another name for the same array
            hidden[p * stride : p * stride + size, q * stride : q * stride + size] = fill
            scores[p, q] = score(hidden)
    return scores


def drops(score, image, size, stride, fill):
    return score(image) - one_copy(score, image, size, stride, fill)


def rows_and_columns_exchanged(score, image, size, stride, fill):
    scores = np.zeros(((image.shape[0] - size) // stride + 1, (image.shape[1] - size) // stride + 1))
    for x in range(scores.shape[0]):
        for y in range(scores.shape[1]):
            hidden = image.copy()
            hidden[y * stride : y * stride + size, x * stride : x * stride + size] = fill
            scores[x, y] = score(hidden)
    return scores


def blacked_out(score, image, size, stride, fill):
    scores = np.zeros(((image.shape[0] - size) // stride + 1, (image.shape[1] - size) // stride + 1))
    for p in range(scores.shape[0]):
        for q in range(scores.shape[1]):
            mask = np.ones(image.shape)
            mask[p * stride : p * stride + size, q * stride : q * stride + size] = 0
            scores[p, q] = score(image * mask)
    return scores


def asks_with_a_batch(score, image, size, stride, fill):
    return one_copy(lambda picture: score(picture[np.newaxis]), image, size, stride, fill)


def asks_with_what_is_hidden(score, image, size, stride, fill):
    scores = np.zeros(((image.shape[0] - size) // stride + 1, (image.shape[1] - size) // stride + 1))
    for p in range(scores.shape[0]):
        for q in range(scores.shape[1]):
            scores[p, q] = score(image[p * stride : p * stride + size, q * stride : q * stride + size])
    return scores


def one_place_too_few(score, image, size, stride, fill):
    tops, lefts = range(0, image.shape[0] - size, stride), range(0, image.shape[1] - size, stride)
    scores = np.zeros((len(tops), len(lefts)))
    for p, top in enumerate(tops):
        for q, left in enumerate(lefts):
            hidden = image.copy()
            hidden[top : top + size, left : left + size] = fill
            scores[p, q] = score(hidden)
    return scores


def a_box_at_every_pixel(score, image, size, stride, fill):
    tops, lefts = range(0, image.shape[0], stride), range(0, image.shape[1], stride)
    scores = np.zeros((len(tops), len(lefts)))
    for p, top in enumerate(tops):
        for q, left in enumerate(lefts):
            hidden = image.copy()
            hidden[top : top + size, left : left + size] = fill  # a slice may end beyond the edge
            scores[p, q] = score(hidden)
    return scores


def rounded_up(score, image, size, stride, fill):
    places = [int(np.ceil((side - size) / stride)) + 1 for side in image.shape[:2]]
    scores = np.zeros(places)
    for p, q in np.ndindex(*places):
        hidden = image.copy()
        hidden[p * stride : p * stride + size, q * stride : q * stride + size] = fill
        scores[p, q] = score(hidden)
    return scores


def stride_in_the_shape_only(score, image, size, stride, fill):
    scores = np.zeros(((image.shape[0] - size) // stride + 1, (image.shape[1] - size) // stride + 1))
    for p in range(scores.shape[0]):
        for q in range(scores.shape[1]):
            hidden = image.copy()
            hidden[p : p + size, q : q + size] = fill
            scores[p, q] = score(hidden)
    return scores


def no_stride(score, image, size, stride, fill):
    return one_copy(score, image, size, 1, fill)


def first_channel(score, image, size, stride, fill):
    scores = np.zeros(((image.shape[0] - size) // stride + 1, (image.shape[1] - size) // stride + 1))
    for p in range(scores.shape[0]):
        for q in range(scores.shape[1]):
            hidden = image.copy()
            hidden[p * stride : p * stride + size, q * stride : q * stride + size, 0] = fill
            scores[p, q] = score(hidden)
    return scores


HIDDEN = "each number is the score with one box hidden, and only that one"
INSIDE = "a box stands wherever it lies wholly inside the picture, and nowhere else"
RIGHT = [with_masks, one_copy]
WRONG = [
    (never_put_back, HIDDEN),
    (drops, HIDDEN),
    (rows_and_columns_exchanged, HIDDEN),
    (asks_with_what_is_hidden, HIDDEN),
    (no_copy, "the inputs stay as they are"),
    (blacked_out, "the box shows the fill"),
    (asks_with_a_batch, "the score is asked with one picture (H, W, C)"),
    (no_stride, "the stride is the distance between places"),
    (stride_in_the_shape_only, "the stride is the distance between places"),
    (one_place_too_few, INSIDE),
    (a_box_at_every_pixel, INSIDE),
    (rounded_up, INSIDE),
    (first_channel, "all channels are hidden"),
]
