"""Make the golden Keras files: python tests/golden/make_keras.py, with keras 3 and tensorflow.

`keras_chain.keras` and `.h5`, a chain; `keras_branches.keras` and `.h5`, a network with sums and
concatenations; both by `model.save`. `keras_saved.npz`: images, pixels from 0 to 255, and outputs.
"""

import os
from pathlib import Path

import numpy as np

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
from keras import layers

HERE = Path(__file__).parent


def chain():
    return keras.Sequential(
        [
            keras.Input((12, 10, 3)),
            layers.RandomFlip(),
            layers.Rescaling(1 / 127.5, offset=-1),
            layers.Conv2D(6, 3, padding="same", strides=2, activation="relu", name="conv1"),
            layers.BatchNormalization(name="norm1"),
            layers.MaxPooling2D(2, padding="same", name="pool1"),
            layers.Conv2D(8, (2, 3), use_bias=False, name="conv2"),
            layers.BatchNormalization(scale=False, epsilon=0.01, name="norm2"),
            layers.LeakyReLU(name="leaky2"),
            layers.Dropout(0.5),
            layers.Flatten(),
            layers.Dense(7, activation="tanh", name="dense"),
            layers.Dense(5, activation="softmax", name="scores"),
        ]
    )


def branches():
    image = keras.Input((12, 10, 3))
    x = layers.Rescaling(1 / 255)(image)
    x = layers.ZeroPadding2D(((1, 0), (0, 1)))(x)
    x = layers.Conv2D(6, 3, name="stem")(x)
    y = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2, name="depthwise")(x)
    y = layers.ReLU(6.0)(layers.BatchNormalization(name="norm")(y))
    y = layers.Conv2D(6, 1, activation="relu6", name="narrow")(y)
    x = layers.Activation("relu")(layers.Add()([x, y]))
    pooled = layers.AveragePooling2D(3, strides=2, padding="same")(x)
    strided = layers.Conv2D(4, 3, strides=2, padding="same", groups=2, dilation_rate=1, name="strided")(x)
    x = layers.Concatenate()([pooled, strided])
    return keras.Model(
        image, layers.Dense(1, activation="sigmoid", name="is")(layers.GlobalMaxPooling2D()(x))
    )


def main():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (3, 12, 10, 3)).astype(np.float32)
    golden = {"images": images}
    for build in (chain, branches):
        keras.utils.set_random_seed(0)
        model = build()
        for variable in model.weights:
            if variable.dtype != "float32":  # the state of a random layer
                continue
            drawn = rng.standard_normal(variable.shape) * 0.3
            variable.assign(abs(drawn) + 0.5 if "variance" in variable.name else drawn)
        golden[build.__name__] = model(images, training=False).numpy()
        for suffix in ("keras", "h5"):
            model.save(HERE / f"keras_{build.__name__}.{suffix}")
    np.savez_compressed(HERE / "keras_saved.npz", **golden)


if __name__ == "__main__":
    main()
