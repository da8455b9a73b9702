"""Central differences: a gradient without any derivation."""
