"""How long do the nine strongest images of every map of every layer take to find and to project?"""

from benchmarks.contest import Case, Contest
from benchmarks.records import Record

NETWORK, ROUNDS = "deck_model3", 5
LAYERS = (  # 458 maps
    "relu1", "relu2", "pool1", "relu3", "relu4", "pool2", "relu5", "relu6", "relu_dense1", "logits",
)  # fmt: skip


def measure(contest: Contest) -> list[Record]:
    """Measure search and projection together."""
    images = contest.settings.pick(tiny=12, quick=500, full=10000)
    contenders = contest.contenders(Captum=("contiguous", "channels_last"))
    name = f"{NETWORK}, nine strongest of {images} images"
    layers = contest.settings.pick(tiny=("relu_dense1", "logits"), quick=LAYERS, full=LAYERS)
    arguments = {"network": NETWORK, "images": images, "layers": layers}
    rounds = contest.settings.pick(tiny=1, quick=1, full=ROUNDS)
    return contest.compete(
        Case("projection", name, "projection", arguments, contenders, {"images": images}, rounds)
    )
