"""Labeled images: where they come from, how they are cut into batches and varied."""

from npdeconv.data.dataset import Dataset

__all__ = ["Dataset"]
