"""How much memory does training take at its peak, above the imported libraries?

Each measurement is a new process, which takes three steps and ends. A step with one image shows the
memory that a library takes on first use, whatever it computes.
"""

from benchmarks.contest import Contest
from benchmarks.records import Record
from benchmarks.remote import Remote, RemoteError
from benchmarks.topics.training import STEPS, step_name

MEGABYTE = 1e6
SINGLE = ("deck_model2", 1)


def measure(contest: Contest) -> list[Record]:
    """Measure a few steps of each network, npdeconv's and the others' processes in turn."""
    settings = contest.settings
    steps = settings.pick(tiny=(("deck_model3", 2),), quick=STEPS, full=(SINGLE, *STEPS))
    rounds = settings.pick(tiny=1, quick=1, full=2)
    contenders = contest.contenders(PyTorch=("contiguous", "channels_last"), Keras=("graph", "XLA"))
    records = []
    for network, batch in steps:
        name = step_name(network, batch)
        measured = [Record("memory", name, who.library, who.variant, "MB", []) for who in contenders]
        for _ in range(rounds):
            for record in measured:
                _add(record, {"network": network, "batch": batch}, settings.threads)
        contest.tell(measured)
        records += measured
    return records


def _add(record: Record, arguments: dict[str, object], threads: int) -> None:
    try:
        with Remote(record.library, threads) as remote:
            remote.ask("prepare", 0, "training_step", arguments, record.variant)
            for _ in range(2):
                remote.ask("turn", 0, 0.0)
            record.values.append(remote.ask("peak") / MEGABYTE)
    except RemoteError as error:
        record.error = str(error)
