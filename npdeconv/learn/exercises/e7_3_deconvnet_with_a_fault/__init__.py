"""A deconvnet with a fault: find it, and repair it."""
