"""`npdeconv info`: the layers of a network as a table, and the inputs of all models.

Prints a network's input and classes, the data that fit it, and its layers: name, kind, shape of the
output, number of parameters, and the size in pixels of the part of the image that one unit depends
on. A model's name is enough. Without NETWORK, prints the input, the classes and the fitting data of
every model. Of an ONNX file, prints also its input, who wrote it, the node that each layer was, and what
the network does otherwise than the file.
"""

import argparse
import textwrap

from npdeconv import models
from npdeconv._text import visible
from npdeconv._types import Shape
from npdeconv.anatomy import summarize
from npdeconv.anatomy.roles import answer_shape
from npdeconv.cli.networks import load_network
from npdeconv.cli.options import add_network
from npdeconv.cli.parser import Parser
from npdeconv.data.classes import list_names
from npdeconv.layers import Sequential
from npdeconv.layers.sequential import one_above
from npdeconv.weights import OnnxNetwork

SETS_BY_SHAPE = {(28, 28, 1): "mnist, strokes", (32, 32, 3): "cifar10"}
"""Named sets with images of one size; images of rps and of folders are scaled to any."""


def add(parser: Parser) -> None:
    """Declare the options."""
    add_network(parser, data=False, nargs="?")


def run(options: argparse.Namespace) -> None:
    """Print the table."""
    if options.network is None:
        print(table_of_models())
        return
    loaded = load_network(options, untrained=True)
    network, nodes = loaded.network, {} if loaded.onnx is None else loaded.onnx.nodes
    rows = summarize(network)
    shape = network.input_shape or ()
    fitting = f"data that fit: {fitting_data(shape)}"
    print(f"{network.name}: input {_shape(shape)}; classes: {_classes(network)}; {fitting}")
    if loaded.onnx is not None:
        _print_file(loaded.onnx)
    width = max(12, *(len(row.name) + 1 for row in rows))
    kinds = max(10, *(len(row.kind) + 1 for row in rows))
    print(f"{'layer':<{width}} {'kind':<{kinds}} {'output':>16} {'parameters':>11} {'receptive field':>16}")
    usual = one_above(network.layers)
    for row in rows:
        field = "x".join(str(side) for side in row.receptive_field)
        line = f"{row.name:<{width}} {row.kind:<{kinds}} {_shape(row.output_shape):>16}"
        reads = network.inputs[row.name]
        branches = f"  reads {', '.join(reads)}" if reads != usual[row.name] else ""
        node = f"  node {visible(nodes[row.name])}" if row.name in nodes else ""
        print(f"{line} {row.parameters:>11,} {field:>16}{branches}{node}")
    total = sum(row.parameters for row in rows)
    print(f"{'total':<{width}} {'':<{kinds}} {'':>16} {total:>11,}")


def _print_file(file: OnnxNetwork) -> None:
    """Print what an ONNX file says besides its layers."""
    said = file.input
    batch = "any number" if said.batch is None else str(said.batch)
    print(f"file: input {said.name!r}, {said.layout}, {said.dtype}, {batch} at once")
    for name, value in file.metadata.items():
        print(visible(textwrap.shorten(f"file: {name} {value}", 200, placeholder=" ...")))
    for note in file.notes:
        print(visible(f"note: {note}"))


def table_of_models() -> str:
    """Return a line for each model: its input, its classes and the data that fit."""
    lines = [f"{'model':<16} {'input':>13} {'classes':>8}  data that fit"]
    for shape, classes, builders in models.PUBLISHED:
        for builder in builders:
            columns = f"{builder.__name__:<16} {_shape(shape):>13} {classes:>8}"
            lines.append(f"{columns}  {fitting_data(shape)}")
    return "\n".join(lines)


def fitting_data(shape: Shape) -> str:
    """Say what --data may be: its images must have the network's input shape, or be brought to it."""
    sets = [SETS_BY_SHAPE[shape]] if shape in SETS_BY_SHAPE else []
    if shape[-1:] == (3,):
        sets.append("rps")
    return ", ".join([*sets, "folders of class folders", "photos"])


def _classes(network: Sequential) -> str:
    if network.classes is not None:
        return visible(list_names(network.classes))
    outputs = answer_shape(network, network.input_shape or ())
    return str(outputs[0]) if len(outputs) == 1 else "none"


def _shape(shape: Shape) -> str:
    return " x ".join(str(length) for length in shape)
