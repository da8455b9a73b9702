"""The JSON file of a run: facts about the machine, and a flat list of measurements."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

RESULTS = Path(__file__).parent / "results"

Size = Literal["tiny", "quick", "full"]


@dataclass(frozen=True, slots=True)
class Settings:
    """The extent of the measurements."""

    size: Size = "full"  # tiny is for tests of the benchmarks themselves
    rounds: int = 9
    turn_seconds: float = 0.3
    threads: int = 1
    peers: tuple[str, ...] = ()  # libraries to measure against
    against: str = ""  # folder of another checkout of npdeconv to measure against

    def pick(self, *, tiny: Any, quick: Any, full: Any) -> Any:
        """Return the value for the size of this run."""
        return {"tiny": tiny, "quick": quick, "full": full}[self.size]


@dataclass(slots=True)
class Record:
    """One contender's measurements of one case; `values` has one number per round."""

    topic: str  # "training"
    case: str  # "deck_model2, batch 128"
    library: str  # "npdeconv"
    variant: str  # "channels_last"; empty where there is only one
    unit: str  # "s", "MB", "GFLOP/s", "GB/s"
    values: list[float]
    first_call: float | None = None  # seconds, with compilation and tracing
    difference: float | None = None  # the largest from npdeconv's answer, relative to its largest value
    error: str | None = None  # the reason for missing values
    facts: dict[str, Any] = field(default_factory=dict)  # such as {"flops": 1e9, "bytes": 1e6}


@dataclass(slots=True)
class Run:
    """All measurements of one run."""

    machine: Mapping[str, Any]
    settings: Mapping[str, Any]
    control: list[dict[str, float]]  # before each topic and at the end: a matrix product and a copy, seconds
    records: list[Record]

    def select(self, **wanted: str) -> list[Record]:
        """Return the records with these fields, such as topic="training", that have values."""
        return [
            record
            for record in self.records
            if record.values and all(getattr(record, name) == value for name, value in wanted.items())
        ]

    def save(self, path: Path) -> None:
        """Write the JSON file."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a JSON file that `save` wrote."""
        fields = json.loads(path.read_text(encoding="utf-8"))
        return cls(**fields | {"records": [Record(**record) for record in fields["records"]]})


def newest() -> Path:
    """Return the file of the newest full run."""
    runs = sorted(path for path in RESULTS.glob("*.json") if path.stem.count("-") == 1)
    if not runs:
        raise FileNotFoundError(f"no full run in {RESULTS}; make one with make bench PEERS=1")
    return runs[-1]


def grouped(
    records: Iterable[Record], names: Sequence[str]
) -> Iterator[tuple[tuple[Any, ...], list[Record]]]:
    """Yield groups of records with equal fields, in the order of their first records."""
    groups: dict[tuple[Any, ...], list[Record]] = {}
    for record in records:
        groups.setdefault(tuple(getattr(record, name) for name in names), []).append(record)
    yield from groups.items()
