"""Measure, and write the results: `python -m benchmarks --help`."""

import argparse
import importlib.util
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from benchmarks import control, machine
from benchmarks.contest import Contest
from benchmarks.goals import rows
from benchmarks.records import RESULTS, Record, Run, Settings
from benchmarks.report import before_table, goals_table, write_report
from benchmarks.timing import summarize
from benchmarks.topics import TOPICS
from benchmarks.wording import in_words, label

PEERS = {"PyTorch": "torch", "Keras": "tensorflow", "Captum": "captum"}
QUICK = {"rounds": 5, "turn_seconds": 0.1}
FULL = {"rounds": 9, "turn_seconds": 0.3}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chosen topics, and return 1 if anything failed."""
    options = _parser().parse_args(arguments)
    pace = QUICK if options.size != "full" else FULL
    settings = Settings(
        size=options.size,
        rounds=options.rounds or int(pace["rounds"]),
        turn_seconds=pace["turn_seconds"] if options.turn is None else options.turn,
        threads=machine.processors(),
        peers=_installed_peers() if options.peers else (),
        against=str(options.against.resolve()) if options.against else "",
    )
    started = time.perf_counter()
    run = measure(settings, options.only or list(TOPICS))
    options.out.mkdir(parents=True, exist_ok=True)
    kinds = [settings.size] * (settings.size != "full") + ["partial"] * bool(options.only)
    path = options.out / ("-".join([f"{datetime.now():%Y%m%d-%H%M}", *kinds]) + ".json")
    run.save(path)
    written = [path, *write_report(run, path)]
    print(goals_table(rows(run)))
    if settings.against:
        print(before_table(run))
    print(f"{time.perf_counter() - started:.0f} s; wrote {', '.join(str(one) for one in written)}")
    failed = [record for record in run.records if record.error]
    for record in failed:
        print(f"{record.topic}, {record.case}, {record.library}:\n{record.error}", file=sys.stderr)
    return 1 if failed else 0


def measure(settings: Settings, topics: Sequence[str]) -> Run:
    """Measure the topics, the control before each and at the end."""
    checks, records = [], list[Record]()
    with Contest(settings, _tell) as contest:
        for name in topics:
            checks.append({"at": time.time(), **control.check()})
            print(f"# {name}", file=sys.stderr, flush=True)
            records += TOPICS[name].measure(contest)
        checks.append({"at": time.time(), **control.check()})
        facts = {**machine.describe(), "libraries": contest.facts()}
    return Run(facts, asdict(settings), checks, records)


def _tell(records: list[Record]) -> None:
    parts = [
        f"{label(record)} {in_words(summarize(record.values).median, record.unit)}"
        for record in records
        if record.values
    ]
    print(f"{records[0].case}: {'; '.join(parts)}", file=sys.stderr, flush=True)


def _installed_peers() -> tuple[str, ...]:
    return tuple(name for name, module in PEERS.items() if importlib.util.find_spec(module))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=TOPICS, metavar="TOPIC", help=", ".join(TOPICS))
    parser.add_argument(
        "--quick", dest="size", action="store_const", const="quick", default="full",
        help="fewer shapes, images and rounds: under three minutes",
    )  # fmt: skip
    parser.add_argument(
        "--tiny", dest="size", action="store_const", const="tiny", help="a smoke test of seconds"
    )
    parser.add_argument("--peers", action="store_true", help="also measure the installed frameworks")
    parser.add_argument(
        "--against", type=Path, metavar="FOLDER", help="another checkout of npdeconv to take turns with"
    )
    parser.add_argument("--rounds", type=int, help="turns of each contender; fewer if they are very long")
    parser.add_argument("--turn", type=float, help="least seconds of a turn")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder, by default benchmarks/results")
    return parser
