"""A layer that fools the gradient check, and its repair."""
