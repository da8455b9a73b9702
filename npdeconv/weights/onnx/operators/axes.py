"""Operators that move axes. Most need no layer, since a value knows its axes."""

from npdeconv.layers import Flatten, Pad
from npdeconv.weights.onnx.building import Building
from npdeconv.weights.onnx.model import Node
from npdeconv.weights.onnx.simplify import pad_widths
from npdeconv.weights.onnx.values import Value, flattened, regrouped

Reads = tuple[Value | None, ...]


def transpose(node: Node, reads: Reads, building: Building) -> Value:
    """No layer: only the order of the axes changes."""
    x = building.value(node, reads)
    order = node.attributes.get("perm", tuple(reversed(range(len(x.axes)))))
    return x._replace(axes=tuple(x.axes[place] for place in order))


def reshape(node: Node, reads: Reads, building: Building) -> Value:
    """No layer if numbers stay in place, `Flatten` if maps become vectors."""
    x, target = building.value(node, reads), building.known.shapes[node.outputs[0]]
    same = regrouped(x, target, building.known.batch)
    if same is not None:
        return same
    flat = flattened(x, target, building.known.batch)
    if flat is None:
        raise node.refusal(
            f"it makes {target} of {x.file_shape(building.known.batch)}; the nearest that works is to flatten"
            " each image's maps, or to add or drop axes of length 1"
        )
    return building.add(node, Flatten(), x, axes=flat.axes, order=flat.order)


def pad(node: Node, reads: Reads, building: Building) -> Value:
    """Around rows and columns, and of channels, with a constant."""
    x = building.value(node, reads)
    if node.text("mode", "constant") != "constant":
        raise node.refusal("the nearest that works is mode='constant'")
    widths = pad_widths(node, building.known.constants)
    value = building.number(node, 2, "value", 0.0)
    given = building.integers(node, 3, "axes")
    places = range(len(x.axes)) if given is None else [axis % len(x.axes) for axis in given]
    half = len(widths) // 2
    if half != len(places):
        raise node.refusal(f"expected two widths for each axis, got {len(widths)}")
    around = {x.axes[place]: (widths[i], widths[half + i]) for i, place in enumerate(places)}
    rows, columns, channels = (around.pop(axis, (0, 0)) for axis in "HWC")
    if len(x.shape) != 3 or any(any(pair) for pair in around.values()):
        raise node.refusal("expected padding of rows, columns and channels alone, got that of other axes")
    return building.add(node, Pad((rows, columns), value=value, channels=channels), x)
