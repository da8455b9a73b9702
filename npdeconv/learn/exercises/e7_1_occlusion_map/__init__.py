"""What hiding a part of a picture does."""
