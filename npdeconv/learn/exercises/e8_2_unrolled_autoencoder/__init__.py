"""An autoencoder, unrolled, and its loss."""
