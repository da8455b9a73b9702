"""The loss of a classifier, and its gradient."""
