"""Correlation: a small pattern slides over an image."""
