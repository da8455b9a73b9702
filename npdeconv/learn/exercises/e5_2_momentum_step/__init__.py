"""A step of descent with momentum."""
