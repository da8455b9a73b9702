"""From operators of ONNX to layers: a function for each operator."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from npdeconv.weights.onnx.building import Building
from npdeconv.weights.onnx.model import Node
from npdeconv.weights.onnx.operators.arithmetic import add, concat, div, mul, neg, sub
from npdeconv.weights.onnx.operators.axes import pad, reshape, transpose
from npdeconv.weights.onnx.operators.pointwise import (
    batch_normalization,
    clip,
    leaky_relu,
    lrn,
    prelu,
    relu,
    sigmoid,
    softmax,
    tanh,
)
from npdeconv.weights.onnx.operators.pooling import (
    average_pool,
    global_average_pool,
    global_max_pool,
    max_pool,
    reduce_mean,
)
from npdeconv.weights.onnx.operators.weighted import conv, gemm, matmul
from npdeconv.weights.onnx.values import Value

Convert: TypeAlias = Callable[[Node, tuple[Value | None, ...], Building], Value]
"""Takes a node and its input values, None for constants, and returns its output."""

CONVERT: Mapping[str, Convert] = {
    "Add": add,
    "AveragePool": average_pool,
    "BatchNormalization": batch_normalization,
    "Clip": clip,
    "Concat": concat,
    "Conv": conv,
    "Div": div,
    "Flatten": reshape,
    "Gemm": gemm,
    "GlobalAveragePool": global_average_pool,
    "GlobalMaxPool": global_max_pool,
    "LRN": lrn,
    "LeakyRelu": leaky_relu,
    "LogSoftmax": softmax,
    "MatMul": matmul,
    "MaxPool": max_pool,
    "Mul": mul,
    "Neg": neg,
    "PRelu": prelu,
    "Pad": pad,
    "ReduceMean": reduce_mean,
    "Relu": relu,
    "Reshape": reshape,
    "Sigmoid": sigmoid,
    "Softmax": softmax,
    "Squeeze": reshape,
    "Sub": sub,
    "Sum": add,
    "Tanh": tanh,
    "Transpose": transpose,
    "Unsqueeze": reshape,
}
