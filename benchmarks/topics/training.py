"""How long does a training step take? Forward, loss, backward, SGD with momentum, float32."""

from benchmarks.contest import Case, Contest
from benchmarks.records import Record

STEPS = (("deck_model2", 128), ("deck_model3", 128), ("deck_rps3", 16))
LONG_ROUNDS = 5  # for steps that take seconds


def step_name(network: str, batch: int) -> str:
    """Return the name of a case."""
    return f"{network}, batch {batch}"


def measure(contest: Contest) -> list[Record]:
    """Measure a step of each network."""
    steps = contest.settings.pick(tiny=(("deck_model3", 2),), quick=STEPS, full=STEPS)
    contenders = contest.contenders(PyTorch=("contiguous", "channels_last"), Keras=("graph", "XLA"))
    records = []
    for network, batch in steps:
        rounds = LONG_ROUNDS if network == "deck_rps3" else None
        arguments = {"network": network, "batch": batch}
        name = step_name(network, batch)
        records += contest.compete(
            Case("training", name, "training_step", arguments, contenders, rounds=rounds)
        )
    return records
