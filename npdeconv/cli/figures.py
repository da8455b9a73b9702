"""Figures as files."""

from pathlib import Path

import matplotlib.pyplot as plt

from npdeconv import _files
from npdeconv._types import Array


def save_figure(axes: Array, path: Path) -> Path:
    """Write the figure that some axes belong to as PNG, whole or not at all, and forget it."""
    figure = axes.flat[0].figure
    _files.replace(path, lambda file: figure.savefig(file, format="png", dpi=130))
    plt.close(figure)
    return path
