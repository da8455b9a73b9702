"""Max pooling that remembers its switches."""
