"""A convolutional layer: channels, filters, stride, padding."""
