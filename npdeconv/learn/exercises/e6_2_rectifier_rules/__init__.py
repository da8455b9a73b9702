"""The three rules of rectifiers on the way down."""
