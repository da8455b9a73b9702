"""How long does AlexNet's forward pass take, on one 227x227 image and on 32?"""

from benchmarks.contest import Case, Contest
from benchmarks.records import Record
from npdeconv import models

NETWORK = "alexnet"


def measure(contest: Contest) -> list[Record]:
    """Measure the forward pass if npdeconv has the network."""
    if NETWORK not in models.names():
        return []
    contenders = contest.contenders(PyTorch=("contiguous", "channels_last"))
    records = []
    for images in contest.settings.pick(tiny=(), quick=(1, 32), full=(1, 32)):
        arguments = {"network": NETWORK, "images": images}
        name = f"{NETWORK}, {images} of 227x227"
        records += contest.compete(Case("alexnet", name, "prediction", arguments, contenders))
    return records
