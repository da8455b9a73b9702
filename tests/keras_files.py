"""Files in Keras' formats, written without Keras: `.h5` of `save`, `.weights.h5`, and `.keras`."""

import io
import json
import re
import zipfile
from collections import Counter

import numpy as np

from npdeconv.layers import Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sequential, Softmax

CONV = {
    "kernel_size": [3, 3],
    "strides": [1, 1],
    "padding": "valid",
    "data_format": "channels_last",
    "dilation_rate": [1, 1],
    "groups": 1,
    "activation": "linear",
    "use_bias": True,
}
POOL = {"pool_size": [2, 2], "strides": [2, 2], "padding": "valid", "data_format": "channels_last"}
NORM = {"axis": -1, "epsilon": 0.25, "center": True, "scale": True}
WORDS = ("gamma", "beta", "moving_mean", "moving_variance")


def layer(kind, name, arrays=(), reads=None, **config):
    """Describe a layer of a model: its class, configuration and arrays in Keras' order."""
    defaults = {"Conv2D": CONV, "MaxPooling2D": POOL, "BatchNormalization": NORM}.get(
        kind.removesuffix("V1"), {}
    )
    described = {"class_name": kind, "config": {"name": name} | defaults | config}
    if reads is not None:
        described["inbound_nodes"] = [[[read, 0, 0, {}] for read in reads]]
    return described, [np.asarray(array, np.float32) for array in arrays]


def model_of(layers, kind="Sequential"):
    return json.dumps({"class_name": kind, "config": {"name": "m", "layers": [given for given, _ in layers]}})


def words(described, arrays):
    """Return Keras' names of the arrays of a layer."""
    if arrays and arrays[0].ndim > 1:
        return ["kernel", "bias"][: len(arrays)]
    left_out = {"gamma": not described["config"].get("scale"), "beta": not described["config"].get("center")}
    return [word for word in WORDS if not left_out.get(word)]


def write_h5(file, layers, kind="Sequential", config=True):
    """Write a file like `save`, or `save_weights` of Keras 2."""
    if config:
        file.attrs["model_config"] = model_of(layers, kind)
    root = file.create_group("model_weights") if config else file
    root.attrs["layer_names"] = [described["config"]["name"] for described, _ in layers]
    for described, arrays in layers:
        name = described["config"]["name"]
        names = [f"m/{name}/{word}" for word in words(described, arrays)] if arrays else []
        group = root.create_group(name)
        group.attrs["weight_names"] = names
        for path, array in zip(names, arrays, strict=True):
            group[path] = array


def write_vars(file, layers, named=True):
    """Write a file like Keras 3: a group per layer, named after its class and numbered."""
    counts = Counter()
    for described, arrays in layers:
        short = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", described["class_name"]).lower()
        group = file.create_group(f"layers/{short}_{counts[short]}" if counts[short] else f"layers/{short}")
        counts[short] += 1
        group = group.create_group("vars")
        if named:
            group.attrs["name"] = described["config"]["name"]
        for number, array in enumerate(arrays):
            group[str(number)] = array


def write_keras(path, layers, h5py, named=True, compression=zipfile.ZIP_STORED):
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        write_vars(file, layers, named)
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", model_of(layers))
        archive.writestr("model.weights.h5", content.getvalue())


def small_network(**options):
    """Return the network of `small_model`; the options apply to its first convolution."""
    rng = np.random.default_rng(0)
    layers = {
        "conv1": Conv2D(2, 4, 3, rng=rng, **options),
        "relu1": ReLU(),
        "pool1": MaxPool2D(2),
        "flatten": Flatten(),
        "dense": Dense(16, 3, rng=rng),
        "softmax": Softmax(),
    }
    return Sequential(layers, input_shape=(6, 6, 2), name="small")


def small_model(**changes):
    """Describe the model of `small_network`, with changes by the names of its layers."""
    rng = np.random.default_rng(5)
    norm = [rng.uniform(0.5, 2, 4) for _ in range(4)]
    layers = {
        "input": layer("InputLayer", "input"),
        "conv": layer("Conv2D", "first", [rng.normal(size=(3, 3, 2, 4)), rng.normal(size=4)], filters=4),
        "norm": layer("BatchNormalization", "norm", norm),
        "relu": layer("Activation", "act", activation="relu"),
        "pool": layer("MaxPooling2D", "pool"),
        "drop": layer("Dropout", "drop", rate=0.5),
        "flatten": layer("Flatten", "flat", data_format="channels_last"),
        "dense": layer(
            "Dense",
            "last",
            [rng.normal(0, 0.1, (16, 3)), rng.normal(size=3)],
            activation="softmax",
            use_bias=True,
            units=3,
        ),
    }
    for place, change in changes.items():
        if isinstance(change, dict):
            described, arrays = layers[place]
            layers[place] = described | {"config": described["config"] | change}, arrays
        else:
            layers[place] = change
    return [given for given in layers.values() if given is not None]


def answer(x, layers):
    """Return the output of `small_model`, computed from its arrays alone."""
    arrays = {described["config"]["name"]: arrays for described, arrays in layers}
    kernel, bias = arrays["first"]
    gamma, beta, mean, variance = arrays["norm"]
    y = np.zeros((len(x), 4, 4, 4)) + bias
    for row in range(3):
        for column in range(3):
            y += x[:, row : row + 4, column : column + 4] @ kernel[row, column]
    y = np.maximum((y - mean) * gamma / np.sqrt(variance + NORM["epsilon"]) + beta, 0)
    y = y.reshape(len(x), 2, 2, 2, 2, 4).max(axis=(2, 4)).reshape(len(x), 16)
    logits = np.exp(y @ arrays["last"][0] + arrays["last"][1])
    return logits / logits.sum(axis=1, keepdims=True)
