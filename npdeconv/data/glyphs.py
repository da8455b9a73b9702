"""Handwritten forms of the ten digits: the pen paths of `npdeconv.data.load_strokes`.

A glyph is a pen path: `x,y` points in writing order, x to the right and y down, on a sheet where a
digit is about 100 high (`load_strokes` fits the exact size). The pen runs smoothly through the points
of a stroke; a point written twice is a corner; `/` lifts the pen. Tests and pictures refer to a glyph
by its name.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from scipy.interpolate import CubicSpline

from npdeconv._types import Array

GLYPHS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "0": {
            "oval": "34,2 14,12 2,38 2,66 14,92 34,98 54,84 62,52 54,14 34,2",
            "narrow": "22,0 6,20 2,50 8,82 22,98 36,84 42,50 38,18 22,0",
            "round": "50,4 24,2 4,26 2,62 20,92 50,96 78,76 82,40 66,12 44,4",
            "overlapping": "46,10 28,4 8,30 2,66 18,96 44,86 60,50 52,14 30,6 18,20",
            "open": "30,8 10,24 2,60 18,94 46,88 62,54 58,18 36,2",
            "flourish": "56,0 34,10 8,34 2,70 20,96 46,86 60,50 52,18 30,8",
            "low start": "8,24 30,4 54,20 60,56 44,94 18,94 2,62 8,26 24,4",
        },
        "1": {
            "stick": "10,0 10,50 10,100",
            "bent": "14,0 8,50 10,100",
            "bow": "6,0 14,40 8,100",
            "flag and foot": "2,20 22,0 22,0 22,50 22,100 / 0,100 44,100",
            "flag": "4,18 20,0 20,0 20,50 20,100",
        },
        "2": {
            "plain": "4,24 20,4 42,6 50,26 36,56 2,96 2,96 60,96",
            "swan": "4,20 24,2 48,10 48,34 26,70 0,96 0,96 28,90 62,98",
            "small loop": "6,22 26,2 48,12 46,40 26,76 6,92 2,80 14,74 34,86 66,94",
            "big loop": "4,26 24,4 46,12 46,44 28,82 8,98 0,84 10,70 30,80 46,96 66,88",
            "flat": "4,10 50,6 50,6 4,94 4,94 56,92",
            "wide": "2,30 26,4 62,6 66,32 40,60 2,96 2,96 38,88 84,94",
            "low loop": "10,30 26,4 56,8 60,40 40,76 14,96 2,80 16,66 44,80 66,96 92,86",
            "curled": "14,42 6,20 28,2 48,16 44,44 24,78 2,98 2,98 30,88 60,96",
            "long tail": "6,40 30,10 52,28 30,64 4,90 4,90 50,84 104,94",
            "short tail": "6,18 26,0 44,14 34,46 8,92 8,92 30,88 44,98",
            "thin": "4,14 16,0 26,14 20,50 8,96 8,96 34,94",
            "low loop wide": "10,26 40,4 70,20 40,60 4,86 14,70 44,82 100,88",
            "knot": "8,16 28,0 46,14 44,44 32,74 14,94 0,84 6,68 26,66 46,80 62,90",
            "sitting": "4,14 30,0 54,20 52,50 34,80 12,94 0,82 12,68 34,74 66,92",
            "bottom loop": "10,14 32,0 46,14 36,46 18,82 4,90 2,76 18,68 40,78 66,76",
            "round loop": "8,16 30,2 50,12 54,44 44,78 22,94 4,84 8,66 28,64 50,72 68,66",
            "thin loop": "20,0 34,16 36,50 28,88 10,96 2,80 14,64 34,70 54,80",
            "descending": "10,20 30,0 44,12 36,44 16,72 2,74 8,62 28,66 46,98",
        },
        "3": {
            "round": "4,14 26,0 48,12 44,34 20,46 20,46 48,56 52,78 30,98 2,88",
            "flat top": "4,4 50,4 50,4 22,42 22,42 50,56 52,80 28,98 2,90",
            "loop": "4,14 28,0 48,14 38,38 18,48 16,42 28,44 52,62 50,86 26,100 0,88",
            "smooth waist": "6,12 30,2 44,16 36,36 22,46 42,54 54,74 38,94 6,96",
            "small top": "8,12 28,2 40,14 34,30 16,38 16,38 52,48 58,76 34,98 0,92",
            "big top": "2,16 30,0 56,16 48,44 18,56 18,56 46,64 48,84 28,98 4,90",
            "curled": "2,24 20,2 48,6 44,28 20,44 20,44 50,52 60,74 36,98 4,94 0,80",
            "shallow waist": "6,16 26,0 50,10 46,28 32,44 32,44 48,54 48,76 28,100 0,92",
            "shallow bottom": "4,8 28,0 44,12 34,34 14,46 14,46 36,54 42,72 28,90 6,100",
            "pointed": "6,10 44,4 44,4 18,44 18,44 44,58 34,84 4,100",
        },
        "4": {
            "open": "8,4 2,54 2,54 56,50 / 48,0 44,50 42,100",
            "cup": "6,2 4,36 14,52 50,46 / 54,2 48,50 44,100",
            "closed": "42,0 0,62 0,62 64,62 / 42,0 42,50 42,100",
            "slanting": "18,0 0,52 0,52 62,44 / 46,20 30,100",
            "low bar": "10,10 4,70 4,70 62,64 / 50,0 48,50 46,100",
            "wide cup": "4,4 0,40 12,56 40,52 64,40 / 66,0 60,50 54,100",
            "short stem": "16,0 0,60 0,60 70,56 / 44,30 40,66 36,100",
            "house": "44,4 6,50 6,50 48,46 / 46,2 46,50 44,100",
            "high cup": "4,0 6,38 6,38 44,34 / 46,0 44,40 36,100",
        },
        "5": {
            "angular": "56,2 10,2 10,2 6,42 6,42 32,36 52,54 50,82 26,98 0,88",
            "two strokes": "10,4 6,44 6,44 30,36 52,52 52,80 28,98 0,90 / 10,4 60,0",
            "snake": "54,4 20,8 8,34 30,46 46,66 36,92 2,94",
            "loose bar": "8,14 4,46 4,46 28,40 48,56 46,84 24,98 0,88 / 14,8 62,0",
            "small belly": "70,0 26,8 26,8 18,44 18,44 38,44 48,62 38,86 0,98",
            "curled": "56,4 14,6 14,6 8,44 8,44 34,38 50,58 40,88 14,98 2,80",
            "long bar": "90,0 34,8 34,8 20,46 20,46 48,48 56,70 34,94 0,98",
            "short bar": "12,4 6,44 6,44 32,36 50,56 46,84 24,98 0,90 / 12,6 40,2",
            "rising bar": "12,10 6,44 6,44 34,40 46,60 38,88 4,98 / 16,10 84,0",
            "narrow": "34,2 12,6 12,6 8,40 26,48 34,68 24,92 0,98",
        },
        "6": {
            "curved": "46,0 20,26 2,62 12,94 36,96 50,74 38,54 14,62 4,78",
            "straight": "36,0 14,40 2,76 14,98 38,94 46,72 30,58 8,72",
            "big loop": "60,6 30,12 6,44 4,80 28,100 58,86 58,58 36,50 8,66",
            "small loop": "26,0 8,40 2,80 18,100 36,86 30,66 10,74",
            "slanting": "50,0 24,30 4,64 4,92 30,96 54,76 46,60 22,66 8,84",
            "wide loop": "30,0 6,40 2,76 20,98 50,90 60,70 44,58 20,66 8,86",
            "short stem": "40,4 8,34 2,70 18,98 52,94 64,68 46,48 20,54 6,72",
            "upright": "10,0 2,50 8,92 34,98 48,78 34,60 6,72",
            "spiral": "44,6 10,40 4,80 30,98 54,84 50,64 30,62",
            "foot": "30,0 6,60 4,84 20,98 48,90 44,76 14,84",
            "corner": "34,0 6,88 6,88 34,96 52,82 40,66 12,80",
            "crossing": "24,0 8,40 8,80 30,98 54,84 48,64 26,64 0,84",
            "big bowl": "16,0 2,40 6,82 34,98 62,84 60,58 36,52 10,66",
        },
        "7": {
            "plain": "2,4 54,4 54,4 34,44 22,100",
            "round shoulder": "0,14 14,4 46,6 48,26 34,60 24,100",
            "serif": "4,24 6,4 6,4 56,4 56,4 34,48 24,100",
            "bar": "2,6 52,4 52,4 34,48 24,100 / 10,52 52,48",
            "serif and bar": "2,24 6,4 6,4 56,4 56,4 34,48 24,100 / 12,54 54,50",
            "rising": "0,24 30,14 58,0 58,0 28,44 12,100",
            "hook": "2,40 4,8 4,8 30,6 54,10 54,10 44,50 36,100",
            "deep serif": "0,36 10,6 10,6 58,2 58,2 52,40 44,100",
            "wave": "2,34 14,10 30,16 56,2 56,2 36,50 20,100",
            "short bar": "2,8 36,4 36,4 26,48 20,100",
            "long bar": "4,26 8,8 8,8 60,6 60,6 40,50 30,100 / 8,60 80,50",
            "steep": "0,50 18,8 18,8 34,28 66,4 66,4 40,50 16,100",
        },
        "8": {
            "crossing": "48,14 28,0 8,14 16,36 40,54 52,78 30,100 6,84 12,60 40,36 50,16 42,4",
            "circles": "28,2 8,12 8,32 28,46 48,34 48,14 28,2 / 28,46 4,60 4,86 28,100 54,86 52,60 28,46",
            "from above": "30,0 10,12 14,34 40,56 50,80 28,100 6,84 12,60 38,38 48,16 30,0",
            "open": "54,8 34,2 14,16 22,40 40,62 34,94 14,98 4,80 20,56 48,30 58,4",
            "wide": "66,16 36,2 10,14 24,40 50,58 52,86 26,100 4,82 20,58 52,40 68,18",
            "small bottom": "50,14 28,0 4,16 10,38 36,52 44,70 42,90 22,100 10,88 14,68 36,48 56,22 46,6",
            "slash": "60,6 30,0 10,16 30,40 48,62 44,92 16,98 4,80 24,56 66,2",
            "thin bottom": "44,12 20,0 4,18 16,40 36,52 30,80 20,100 16,80 28,52 52,30 46,8",
            "gap": "46,10 24,2 8,18 24,40 44,62 36,92 14,98 6,82 24,60 40,44 54,26",
            "mirrored": "20,16 40,2 54,16 30,44 8,72 20,98 44,90 46,68 26,44 10,22 16,6",
            "tail": "76,2 40,4 22,18 32,38 44,58 32,90 10,100 2,84 20,60 52,36 72,8",
        },
        "9": {
            "straight": "46,12 24,0 4,20 8,46 28,48 46,18 46,18 44,60 42,100",
            "curved": "48,14 28,0 6,16 4,40 22,50 46,34 50,10 50,10 48,56 34,90 8,98",
            "slanting": "46,18 30,2 6,20 6,44 28,42 48,14 40,56 24,100",
            "open": "50,8 26,2 4,22 8,44 32,44 52,26 50,4 50,4 46,50 40,100",
            "small loop": "34,10 16,2 4,16 10,32 28,26 36,8 36,8 34,50 30,100",
            "big head": "56,14 30,0 4,18 4,46 26,58 52,38 58,8 58,8 54,60 50,100",
            "hook": "54,6 28,4 8,24 20,44 46,36 54,10 50,60 36,96 10,100",
            "pointed": "40,16 22,2 4,26 8,42 24,38 42,6 42,6 30,54 18,100",
        },
    }
)

SPACING = 4.0  # distance between samples along a line, in units of the sheet


class Glyph(NamedTuple):
    """A glyph as a linear map from its points, so that a moved point moves the line.

    Attributes
    ----------
    points : float64 array (K, 2)
        x and y of the written points.
    weights : float64 array (S, K)
        ``weights @ points`` are samples along the line.
    joined : bool array (S - 1,)
        Whether the pen is down from sample s to sample s + 1.
    """

    points: Array
    weights: Array
    joined: Array


def read_glyph(path: str) -> Glyph:
    """Read a path: natural cubic splines through the points, from corner to corner."""
    coordinates: list[list[float]] = []
    runs: list[list[int]] = []  # the points of each smooth piece
    for stroke in path.split("/"):
        runs.append([])
        before = ""
        for word in stroke.split():
            if word == before:
                runs.append([])  # a corner: the next piece begins at the same point
            else:
                coordinates.append([float(number) for number in word.split(",")])
            runs[-1].append(len(coordinates) - 1)
            before = word
    points = np.array(coordinates)
    pieces = []
    for run in runs:
        piece = _spline(points[run])
        weights = np.zeros((len(piece), len(points)))
        weights[:, run] = piece
        pieces.append(weights)
    joined = np.concatenate([np.arange(len(piece)) < len(piece) - 1 for piece in pieces])
    return Glyph(points, np.concatenate(pieces), joined[:-1])


def _spline(points: Array) -> Array:
    """Return the weights (S, K) that lay evenly spaced samples through points (K, 2)."""
    chords = np.hypot(*np.diff(points, axis=0).T)
    position = np.concatenate([[0.0], np.cumsum(chords)])
    samples = np.linspace(0, position[-1], max(2, round(position[-1] / SPACING)))
    weights: Array = CubicSpline(position, np.eye(len(points)), bc_type="natural")(samples)
    return weights
