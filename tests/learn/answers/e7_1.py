"""Answers to exercise 7.1, occlusion."""

import numpy as np


def places(image, size, stride):
    """Return the first rows and the first columns of the boxes."""
    return [range(0, side - size + 1, stride) for side in image.shape[:2]]


def with_a_mask(score, image, size, stride, fill, *, channels=slice(None), wide=False):
    """Choose between picture and fill, in float32."""
    rows, columns = places(image, size, stride)
    if wide:
        rows, columns = (range(0, side, stride) for side in image.shape[:2])
    answer = []
    for top in rows:
        line = []
        for left in columns:
            mask = np.zeros(image.shape, bool)
            mask[top : top + size, left : left + size, channels] = True
            line.append(score(np.where(mask, np.float32(fill), image)))
        answer.append(line)
    return answer


def one_copy(score, image, size, stride, fill):
    """Hide, ask, and put the pixels back."""
    hidden, (rows, columns) = image.copy(), places(image, size, stride)
    scores = np.empty((len(rows), len(columns)), np.float32)
    for (p, top), (q, left) in ((a, b) for a in enumerate(rows) for b in enumerate(columns)):
        box = np.s_[top : top + size, left : left + size]
        before = hidden[box].copy()
        hidden[box] = fill
        scores[p, q] = score(hidden)
        hidden[box] = before
    return scores


def never_put_back(score, image, size, stride, fill):
    hidden, (rows, columns) = image.copy(), places(image, size, stride)
    scores = np.empty((len(rows), len(columns)))
    for (p, top), (q, left) in ((a, b) for a in enumerate(rows) for b in enumerate(columns)):
        hidden[top : top + size, left : left + size] = fill
        scores[p, q] = score(hidden)
    return scores


def drops(score, image, size, stride, fill):
    return score(image) - one_copy(score, image, size, stride, fill)


def always_black(score, image, size, stride, fill):
    return one_copy(score, image, size, stride, 0.0)


def asks_with_a_batch(score, image, size, stride, fill):
    return one_copy(lambda picture: score(picture[np.newaxis]), image, size, stride, fill)


def no_stride(score, image, size, stride, fill):
    return one_copy(score, image, size, 1, fill)


def stride_is_the_size(score, image, size, stride, fill):
    return one_copy(score, image, size, size if stride > 1 else 1, fill)


def last_place_missing(score, image, size, stride, fill):
    scores = one_copy(score, image, size, stride, fill)
    rows, columns = (max(1, -(-(side - size) // stride)) if stride > 1 else n for side, n in zip(
        image.shape[:2], scores.shape, strict=True))  # fmt: skip
    return scores[:rows, :columns]


def beyond_the_edge(score, image, size, stride, fill):
    return with_a_mask(score, image, size, stride, fill, wide=stride > 1 and size > 3)


def first_channel(score, image, size, stride, fill):
    return with_a_mask(score, image, size, stride, fill, channels=0)


def on_the_callers_picture(score, image, size, stride, fill):
    scores = one_copy(score, image, size, stride, fill)
    image[:size, :size] = fill
    return scores


RIGHT = [with_a_mask, one_copy]
WRONG = [
    (never_put_back, "each number is the score with one box hidden, and only that one"),
    (drops, "each number is the score with one box hidden, and only that one"),
    (on_the_callers_picture, "the inputs stay as they are"),
    (always_black, "the box shows the fill"),
    (asks_with_a_batch, "the score is asked with one picture (H, W, C)"),
    (no_stride, "the stride is the distance between places"),
    (stride_is_the_size, "the stride is the distance between places"),
    (last_place_missing, "the stride is the distance between places"),
    (beyond_the_edge, "every box lies wholly inside the picture"),
    (first_channel, "all channels are hidden"),
]
