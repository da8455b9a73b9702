"""A transposed convolution with a stride."""
