"""Parts of scikit-image, which is the extra `retraining`."""

from importlib import import_module
from typing import Any


def skimage(part: str) -> Any:
    """Import a part of scikit-image.

    Raises
    ------
    ImportError
        If scikit-image is missing.
    """
    try:
        return import_module(f"skimage.{part}")
    except ImportError:
        raise ImportError(
            "similarities of images need scikit-image, which is not installed:"
            " pip install 'npdeconv[retraining]'"
        ) from None


def check_scikit_image() -> None:
    """Raise ImportError if scikit-image is missing, before long work."""
    skimage("feature")
