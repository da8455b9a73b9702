"""A multilayer perceptron computes its outputs."""
