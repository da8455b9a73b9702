"""One unit, carried down to the pixels."""
