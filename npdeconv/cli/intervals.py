"""Means over seeds or images as text."""

import numpy as np

from npdeconv._types import Array
from npdeconv.experiments import t_interval


def spread(values: Array, form: str = ".1%") -> str:
    """Return a mean and, of several values, half its 95 % interval; of percentages, in points."""
    mean = f"{np.mean(values):{form}}"
    if len(values) < 2:
        return mean
    half = float(t_interval(values).half)
    return f"{mean} ± {100 * half:{form[:-1]}f}" if form.endswith("%") else f"{mean} ± {half:{form}}"
