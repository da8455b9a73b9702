"""The nearest operator that works, for operators without a layer."""

from npdeconv._checks import did_you_mean

OPERATORS = (
    *("Conv", "Gemm", "MatMul", "BatchNormalization", "LRN", "Pad"),
    *("Relu", "LeakyRelu", "PRelu", "Clip", "Sigmoid", "Tanh", "Softmax", "LogSoftmax"),
    *("MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "ReduceMean"),
    *("Flatten", "Reshape", "Squeeze", "Unsqueeze", "Transpose", "Identity", "Dropout", "Cast"),
    *("Add", "Sub", "Mul", "Div", "Neg", "Sum", "Concat"),
)
"""Operators that become layers or vanish; all others may only compute constants."""

_RECTIFIERS = "Relu, LeakyRelu, PRelu or Clip"
_NEAREST = {
    "ConvTranspose": "Conv, which only goes down in size",
    "ConvInteger": "Conv of floats",
    "QLinearConv": "Conv of floats",
    "QLinearMatMul": "MatMul of floats",
    "MatMulInteger": "MatMul of floats",
    "QuantizeLinear": "the network before it was quantized",
    "DequantizeLinear": "the network before it was quantized",
    "DeformConv": "Conv",
    "Einsum": "MatMul with a constant matrix",
    "InstanceNormalization": "BatchNormalization, whose statistics are constants",
    "LayerNormalization": "BatchNormalization, whose statistics are constants",
    "GroupNormalization": "BatchNormalization, whose statistics are constants",
    "LpNormalization": "LRN",
    "MeanVarianceNormalization": "BatchNormalization, whose statistics are constants",
    "LpPool": "AveragePool",
    "GlobalLpPool": "GlobalAveragePool",
    "MaxRoiPool": "MaxPool",
    "ReduceMax": "GlobalMaxPool",
    "ReduceSum": "ReduceMean over rows and columns",
    "Max": "Clip, with constants",
    "Min": "Clip, with constants",
    "Mean": "Sum, then Mul by a constant",
    "Pow": "Mul by a constant",
    "Slice": "Conv without the channels that are not wanted",
    "Split": "several Convs",
    "Gather": "Conv without the channels that are not wanted",
    "Resize": "Conv and the poolings",
    "Upsample": "Conv and the poolings",
    "DepthToSpace": "Conv and the poolings",
    "SpaceToDepth": "Conv with a stride",
    "If": "the network exported for inference",
    "Loop": "the network exported for inference",
    "Scan": "the network exported for inference",
}
_NEAREST |= dict.fromkeys(
    ("Elu", "Selu", "Celu", "Gelu", "Mish", "Swish", "HardSwish", "Softplus", "Softsign", "ThresholdedRelu"),
    _RECTIFIERS,
)
_NEAREST |= dict.fromkeys(
    ("Exp", "Log", "Sqrt", "Abs", "Reciprocal", "Sin", "Cos"), "Sigmoid, Tanh or a rectifier"
)
_NEAREST |= dict.fromkeys(("Tile", "Expand"), "Concat of a value with itself")
_NEAREST |= {"HardSigmoid": "Sigmoid, or Clip behind Mul and Add by constants", "Erf": "Tanh"}


def nearest(operator: str) -> str:
    """Return a clause that names an alternative to an operator."""
    if operator in _NEAREST:
        return f"the nearest that works is {_NEAREST[operator]}"
    return f"what works is listed in docs/onnx.md{did_you_mean(operator, OPERATORS)}"
