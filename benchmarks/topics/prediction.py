"""How long does it take to predict the classes of 10,000 digits?"""

from benchmarks.contest import Case, Contest
from benchmarks.records import Record

NETWORK, ROUNDS = "deck_model3", 7


def measure(contest: Contest) -> list[Record]:
    """Measure the prediction of many images."""
    images = contest.settings.pick(tiny=4, quick=2000, full=10000)
    contenders = contest.contenders(PyTorch=("contiguous", "channels_last"), Keras=("graph", "XLA"))
    name = f"{NETWORK}, {images} images"
    arguments = {"network": NETWORK, "images": images}
    return contest.compete(
        Case("prediction", name, "prediction", arguments, contenders, {"images": images}, ROUNDS)
    )
