"""A perceptron learns from its mistakes."""
