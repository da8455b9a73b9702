"""One step of contrastive divergence."""
