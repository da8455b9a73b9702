"""Similarity of two images by classical computer vision: visual words, and corners that move together.

Both scores are independent of any network, and lie between 0 and 1. They need scikit-image: the
extra `retraining`.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.cluster.vq import kmeans, vq

from npdeconv._checks import describe, one_image, positive_int
from npdeconv._repr import brief
from npdeconv._types import Array
from npdeconv.visualize.scikit_image import skimage

CORNERS = 200  # at most, per image
APART = 3  # pixels from one corner to the next
FAINTEST = 1e-8  # least response of a corner: rounding makes weaker ones in constant images
SMALLEST = 12  # side in pixels that both detectors need
MISFIT = 3.0  # pixels by which a matched corner may miss its place
TRIALS = 200
SEED = 0  # of k-means' start and of RANSAC's samples: equal images get equal scores
SAMPLE = 2  # matches that determine a rotation, scale and shift


@brief
class Words(NamedTuple):
    """A vocabulary of visual words, learned from some images.

    Attributes
    ----------
    centers : (K, 128), typical SIFT descriptors
    weights : (K,), a word in many images has a small weight
    """

    centers: Array
    weights: Array


@brief
class Corners(NamedTuple):
    """Corners of an image, and descriptors of their surroundings.

    Attributes
    ----------
    places : (P, 2), row and column
    descriptors : bool (P, 256)
    """

    places: Array
    descriptors: Array


def learn_words(descriptors: Sequence[Array], vocabulary: int) -> Words:
    """Learn a vocabulary from the SIFT descriptors of some images, by k-means.

    Parameters
    ----------
    descriptors : sequence of arrays (D, 128)
        One for each image, see `sift_descriptors`.
    vocabulary : int
        Number of words; a word that is nearest to no descriptor is left out.

    Raises
    ------
    ValueError
        If the images have fewer descriptors than `vocabulary`.

    Notes
    -----
    Sivic & Zisserman, "Video Google" (2003). The weight is log(1 + N / n) for a word in n of N images.
    """
    number = positive_int(vocabulary, "learn_words", "vocabulary")
    every = np.concatenate([np.empty((0, 128)), *descriptors])
    if len(every) < number:
        raise ValueError(
            f"learn_words: expected at least {number} SIFT descriptors, one for each visual word, the images"
            f" have {len(every)}; larger photos have more, and a smaller vocabulary (--words) needs fewer"
        )
    centers, _ = kmeans(every.astype(np.float64), number, iter=3, seed=SEED)
    nearest, _ = vq(every.astype(np.float64), centers)
    image = np.repeat(np.arange(len(descriptors)), [len(rows) for rows in descriptors])
    has = np.zeros((len(descriptors), len(centers)), bool)
    has[image, nearest] = True
    return Words(centers, np.log1p(len(descriptors) / np.maximum(has.sum(axis=0), 1)))


def count_words(descriptors: Array, words: Words) -> Array:
    """Return an image's bag of words: the weighted count of each word, scaled to norm 1 (or 0)."""
    if not len(descriptors):
        return np.zeros(len(words.weights))
    nearest, _ = vq(descriptors.astype(np.float64), words.centers)
    bag = np.bincount(nearest, minlength=len(words.weights)) * words.weights
    return bag / np.linalg.norm(bag)


def sift_descriptors(image: Array) -> Array:
    """Return the SIFT descriptors of an image (H, W, C): uint8 (D, 128); D may be 0.

    Raises
    ------
    ImportError
        If scikit-image is missing.

    Notes
    -----
    Lowe, "Distinctive image features from scale-invariant keypoints" (2004), without the initial
    doubling of the image: it would add keypoints smaller than the strokes that networks draw.
    """
    sift, gray = skimage("feature").SIFT(upsampling=1), _gray(image, "sift_descriptors")
    none = np.empty((0, 128), np.uint8)
    if min(gray.shape) < SMALLEST:
        return none
    try:
        sift.detect_and_extract(gray)
    except RuntimeError:  # there are no keypoints
        return none
    return sift.descriptors


def find_corners(image: Array) -> Corners:
    """Find Harris' corners of an image (H, W, C), with oriented binary descriptors.

    Raises
    ------
    ImportError
        If scikit-image is missing.

    Notes
    -----
    The detector is that of Harris & Stephens (1988), the descriptors are those of ORB (Rublee et al.,
    2011), which turn with the image. Corners too near the edge for a descriptor are left out.
    """
    feature, gray = skimage("feature"), _gray(image, "find_corners")
    none = Corners(np.empty((0, 2)), np.empty((0, 256), bool))
    if min(gray.shape) < SMALLEST:
        return none
    places = feature.corner_peaks(
        feature.corner_harris(gray), min_distance=APART, threshold_abs=FAINTEST, num_peaks=CORNERS
    )
    if not len(places):
        return none
    angles = feature.corner_orientations(gray, places, skimage("morphology").disk(15))
    orb = feature.ORB()
    orb.extract(gray, places.astype(np.float64), np.ones(len(places)), angles)
    return Corners(places[orb.mask_].astype(np.float64), orb.descriptors) if orb.mask_.any() else none


def corner_agreement(first: Corners, second: Corners) -> float:
    """Return the share of corners that one rotation, scale and shift maps from one image to the other.

    Corners are matched if each has the nearest descriptor of the other; RANSAC (Fischler & Bolles,
    1981) finds the motion that most matches agree on. Any two matches agree on some motion, so two
    are not counted: an image scores 1 with itself, and about 0 with noise.

    Parameters
    ----------
    first, second : Corners
    """
    fewest = min(len(first.places), len(second.places))
    if fewest <= SAMPLE:
        return 0.0
    matches = skimage("feature").match_descriptors(first.descriptors, second.descriptors, cross_check=True)
    if len(matches) <= SAMPLE:
        return 0.0
    pairs = first.places[matches[:, 0]], second.places[matches[:, 1]]
    motion = skimage("transform").SimilarityTransform
    _, agree = skimage("measure").ransac(pairs, motion, SAMPLE, MISFIT, max_trials=TRIALS, rng=SEED)
    agreed = 0 if agree is None else int(agree.sum())
    return max(agreed - SAMPLE, 0) / (fewest - SAMPLE)


def _gray(image: Array, who: str) -> Array:
    """Return an image (H, W, C) of uint8 as float64 (H, W) from 0 to 1."""
    one_image(image, who)
    if image.dtype != np.uint8:
        raise TypeError(f"{who}: expected an image of dtype uint8, got {describe(image)}")
    return np.ascontiguousarray(image.mean(axis=2) / 255)  # the mean of a rotated view is not contiguous
