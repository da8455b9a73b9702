"""The gradients of a dense layer."""
