"""Studies that train and look in turn: transfer to other classes, probes of every layer, retraining."""
