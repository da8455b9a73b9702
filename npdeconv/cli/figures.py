"""Figures as files."""

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from npdeconv import _files
from npdeconv._types import Array


def save_figure(axes: Array | Axes, path: Path) -> Path:
    """Write the figure that some axes belong to as PNG, whole or not at all, and forget it."""
    figure: Any = axes.figure if isinstance(axes, Axes) else axes.flat[0].figure
    _files.replace(path, lambda file: figure.savefig(file, format="png", dpi=130))
    plt.close(figure)
    return path
