"""One file per question. Each has `measure(contest)`, which returns the records that answer it."""

from benchmarks.topics import (
    alexnet,
    kernels,
    layers,
    memory,
    occlusion,
    peak,
    prediction,
    projection,
    scaling,
    startup,
    training,
)

TOPICS = {
    "peak": peak,
    "kernels": kernels,
    "layers": layers,
    "training": training,
    "prediction": prediction,
    "projection": projection,
    "occlusion": occlusion,
    "alexnet": alexnet,
    "scaling": scaling,
    "memory": memory,
    "startup": startup,
}
"""The topics, in the order in which they run."""
