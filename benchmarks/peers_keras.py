"""Keras' side, on TensorFlow: the same networks, weights, images and numbers of threads.

The variant tells how TensorFlow runs the traced function: as a "graph", or compiled by "XLA".
"""

import os
from collections.abc import Mapping
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf

from benchmarks.inputs import build, images_for, labels_for
from benchmarks.machine import libraries
from benchmarks.remote import Task
from npdeconv._types import Array
from npdeconv.layers import Conv2D, Dense, Dropout, Flatten, Layer, MaxPool2D, ReLU, Sequential, Softmax

BATCH = 128  # images per pass of a prediction


def use_threads(threads: int) -> None:
    """Set the number of threads."""
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)


def facts() -> Mapping[str, Any]:
    """Describe the loaded libraries."""
    return {"threads": tf.config.threading.get_intra_op_parallelism_threads(), "libraries": libraries()}


def training_step(network: str, batch: int, variant: str) -> Task:
    """Train by one step of SGD with momentum; the answer is the loss."""
    chain = build(network)
    model = keras_network(chain[:"logits"])
    images = images_for(chain, batch)
    assert chain.input_shape is not None
    (classes,) = chain.output_shape(chain.input_shape)
    x, labels = tf.constant(images), tf.constant(labels_for(images, classes))
    optimizer = keras.optimizers.SGD(1e-3, momentum=0.9)
    optimizer.build(model.trainable_variables)
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    @tf.function(jit_compile=variant == "XLA")
    def step(x: Any, labels: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = loss_of(labels, model(x, training=True))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    return Task(lambda: step(x, labels).numpy(), lambda loss: np.array([loss]))


def prediction(network: str, images: int, variant: str) -> Task:
    """Predict the classes of images in batches; the answer is their probabilities."""
    chain = build(network)
    model = keras_network(chain)
    x = images_for(chain, images)
    batches = [tf.constant(x[first : first + BATCH]) for first in range(0, len(x), BATCH)]

    @tf.function(jit_compile=variant == "XLA")
    def predict(batch: Any) -> Any:
        return model(batch, training=False)

    def call() -> Array:
        return np.concatenate([predict(batch).numpy() for batch in batches])

    return Task(call)


def keras_network(chain: Sequential) -> Any:
    """Translate a chain and its parameters."""
    model = keras.Sequential([keras.Input(chain.input_shape)])
    for part in chain.layers.values():
        for layer in _translated(part):
            model.add(layer)
        if part.parameters:
            model.layers[-1].set_weights([part.parameters["weight"], part.parameters["bias"]])
    return model


def _translated(part: Layer) -> list[Any]:
    if isinstance(part, Conv2D):
        size, stride, padding = part.window[:3]
        before = [] if isinstance(padding, str) else [keras.layers.ZeroPadding2D(padding)]
        inside = padding if isinstance(padding, str) else "valid"
        groups = getattr(part, "groups", 1)
        filters = part.weight.shape[3]
        return [*before, keras.layers.Conv2D(filters, size, stride, padding=inside, groups=groups)]
    if isinstance(part, MaxPool2D):
        return [keras.layers.MaxPooling2D(part.window.size, part.window.stride, "valid")]
    if isinstance(part, Dense):
        return [keras.layers.Dense(part.weight.shape[1])]
    others = {ReLU: keras.layers.ReLU, Flatten: keras.layers.Flatten, Softmax: keras.layers.Softmax}
    return [] if isinstance(part, Dropout) else [others[type(part)]()]
