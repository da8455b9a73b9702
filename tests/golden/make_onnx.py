"""Make the golden ONNX files: python tests/golden/make_onnx.py torch, or keras, with the framework.

With torch, captum and onnxscript: `onnx_torch_script.onnx` and `onnx_torch_dynamo.onnx`, one small residual
network by both exporters of PyTorch, in float64, and `onnx_torch.npz`: images, the network's outputs, and
projections of some units by Captum's NeuronDeconvolution.

With keras, tensorflow and tf2onnx: `onnx_keras.onnx`, such a network by Keras' own export, and
`onnx_tf2onnx.onnx`, by tf2onnx; and `onnx_keras.npz`, images and outputs.
"""

import os
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
UNITS = {  # by modules of the network: map, row, column
    "relu": ((0, 2, 3), (5, 11, 0)),
    "down.relu1": ((1, 0, 1), (7, 2, 2)),
    "down.relu2": ((2, 1, 1), (6, 0, 2)),
    "block.relu2": ((3, 1, 2), (0, 2, 0)),
    "fc": ((0,), (4,)),
}


def make_torch():
    import torch
    from captum.attr import NeuronDeconvolution
    from torch import nn

    class Block(nn.Module):
        def __init__(self, channels, filters, stride):
            super().__init__()
            self.conv1 = nn.Conv2d(channels, filters, 3, stride, 1, bias=False)
            self.bn1, self.relu1 = nn.BatchNorm2d(filters), nn.ReLU()
            self.conv2 = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
            self.bn2, self.relu2 = nn.BatchNorm2d(filters), nn.ReLU()
            self.shortcut = nn.Identity()
            if stride > 1:
                self.shortcut = nn.Sequential(
                    nn.Conv2d(channels, filters, 1, stride, bias=False), nn.BatchNorm2d(filters)
                )

        def forward(self, x):
            y = self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(x)))))
            return self.relu2(y + self.shortcut(x))

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.bn, self.relu = nn.Conv2d(3, 6, 5, padding=2), nn.BatchNorm2d(6), nn.ReLU()
            self.pool = nn.MaxPool2d(3, 2, 1)
            self.down, self.block = Block(6, 8, 2), Block(8, 8, 1)
            self.average, self.drop, self.fc = nn.AvgPool2d(2, 1), nn.Dropout(), nn.Linear(8 * 4, 5)

        def forward(self, x):
            x = self.pool(self.bn(self.relu(self.conv(x))))  # no exporter folds this one
            x = self.average(self.block(self.down(x)))
            return self.fc(self.drop(torch.flatten(x, 1)))

    rng = np.random.default_rng(0)
    network = Network().double().eval().requires_grad_(False)
    for name, tensor in network.state_dict().items():
        if tensor.is_floating_point():
            drawn = rng.standard_normal(tensor.shape) * 0.3
            tensor.copy_(torch.from_numpy(abs(drawn) + 0.5 if name.endswith("running_var") else drawn))
    x = torch.from_numpy(rng.standard_normal((3, 3, 12, 9)))
    golden = {"x": x.numpy().transpose(0, 2, 3, 1), "y": network(x).numpy()}
    for module, units in UNITS.items():
        explained = NeuronDeconvolution(network, network.get_submodule(module))
        for unit in units:
            pixels = explained.attribute(x.clone().requires_grad_(), neuron_selector=unit)
            golden[f"{module} {unit}"] = pixels.detach().numpy().transpose(0, 2, 3, 1)
    np.savez_compressed(HERE / "onnx_torch.npz", **golden)
    options = {"input_names": ["images"], "output_names": ["scores"]}
    torch.onnx.export(
        network, (x,), HERE / "onnx_torch_dynamo.onnx", dynamo=True, external_data=False, **options
    )
    forget_places(HERE / "onnx_torch_dynamo.onnx")
    options["dynamic_axes"] = {"images": {0: "batch"}, "scores": {0: "batch"}}
    torch.onnx.export(network, (x[:1],), HERE / "onnx_torch_script.onnx", dynamo=False, **options)


def forget_places(path):
    """Delete from a file where on this machine the network was written."""
    import onnx

    model = onnx.load(path)
    for node in model.graph.node:
        for number in reversed(range(len(node.metadata_props))):
            if node.metadata_props[number].key.endswith("stack_trace"):
                del node.metadata_props[number]
    onnx.save(model, path)


def make_keras():
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import keras
    import tensorflow as tf
    import tf2onnx
    from keras import layers

    keras.utils.set_random_seed(0)
    inputs = keras.Input((12, 9, 3), name="images")
    x = layers.Conv2D(6, 5, padding="same", use_bias=False, name="conv1")(inputs)
    x = layers.BatchNormalization(name="bn1")(layers.ReLU(name="relu1")(x))
    x = shortcut = layers.MaxPooling2D(2, padding="same", name="pool1")(x)
    x = layers.Conv2D(6, 3, padding="same", activation="relu", name="conv2")(x)
    x = layers.Conv2D(6, 3, padding="same", name="conv3")(x)
    x = layers.Activation("relu", name="relu3")(layers.Add(name="add3")([x, shortcut]))
    x = layers.ZeroPadding2D(1, name="pad4")(x)
    x = layers.DepthwiseConv2D(3, strides=2, name="depthwise4")(x)
    x = layers.ReLU(6.0, name="relu4")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(7, activation="relu", name="dense1")(x)
    network = keras.Model(inputs, layers.Dense(5, activation="softmax", name="dense2")(x))
    rng = np.random.default_rng(0)
    for variable in network.weights:
        drawn = rng.standard_normal(variable.shape) * 0.3
        variable.assign(abs(drawn) + 0.5 if "variance" in variable.name else drawn)
    images = rng.standard_normal((3, 12, 9, 3)).astype(np.float32)
    np.savez_compressed(HERE / "onnx_keras.npz", x=images, y=network(images).numpy())
    network.export(HERE / "onnx_keras.onnx", format="onnx", verbose=False)
    signature = [tf.TensorSpec((None, 12, 9, 3), tf.float32, name="images")]
    called = tf.function(network, input_signature=signature)
    tf2onnx.convert.from_function(called, signature, opset=15, output_path=str(HERE / "onnx_tf2onnx.onnx"))


if __name__ == "__main__":
    {"torch": make_torch, "keras": make_keras}[sys.argv[1]]()
