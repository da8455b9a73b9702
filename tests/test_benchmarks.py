"""The benchmarks run, count correctly, and report their measurements."""

import ast
import doctest
import json
import mmap
import socket
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import (
    kernel_calls,
    machine,
    memory_use,
    readme_table,
    records,
    report,
    roofline,
    run,
    timing,
    wording,
)
from benchmarks.contest import Case, Contender, Contest, relative_difference
from benchmarks.geometries import Convolution, Pooling
from benchmarks.goals import GOALS, rows
from benchmarks.occluders import GRAY, attribution, occluded_rows
from benchmarks.records import Record, Run, Settings
from benchmarks.remote import Remote, RemoteError

FRAMEWORKS = {"torch", "captum", "tensorflow", "keras"}


def record(topic, case, library, values, *, variant="", unit="s", **facts):
    return Record(topic, case, library, variant, unit, values, facts=facts)


@pytest.fixture
def canned():
    """A run with numbers whose ratios can be computed by hand."""
    step, kernel = "deck_model2, batch 128", {"threads": 1, "flops": 4e9, "bytes": 1e8}
    records = [
        record("training", step, "npdeconv", [0.010, 0.020, 0.010]),
        record("training", step, "PyTorch", [0.040, 0.060, 0.030], variant="contiguous"),
        record("training", step, "PyTorch", [0.020, 0.060, 0.030], variant="channels_last"),
        record("training", step, "Keras", [], variant="graph"),
        record("memory", "deck_rps3, batch 16", "npdeconv", [400.0], unit="MB"),
        record("memory", "deck_rps3, batch 16", "PyTorch", [1000.0], unit="MB", variant="contiguous"),
        record("startup", "import", "npdeconv", [0.5, 0.3, 0.41]),
        record("peak", "product", "NumPy", [0.02], threads=1, flops=2e9, bytes=1),
        record("peak", "product, larger", "NumPy", [0.04], threads=1, flops=8e9, bytes=1),
        record("peak", "copy", "NumPy", [0.01], threads=1, flops=0, bytes=1e8),
        record("kernels", "one", "npdeconv", [0.08], variant="Winograd", **kernel),
        record("kernels", "one", "npdeconv", [9.0], variant="twin", **kernel),
    ]
    facts = {**machine.describe(), "versions": {"numpy": "2.0"}, "environment": {"OMP_NUM_THREADS": "2"}}
    control = [{"at": 0.0, "product": 0.001, "copy": 0.002}, {"at": 1.0, "product": 0.003, "copy": 0.002}]
    return Run(facts, {"size": "full", "rounds": 3, "threads": 1}, control, records)


def test_summary_of_five_values():
    assert timing.summarize([10.0, 1.0, 3.0, 2.0, 4.0]) == (3.0, 2.0, 4.0, 5)
    assert timing.summarize([7.0]) == (7.0, 7.0, 7.0, 1)
    with pytest.raises(ValueError, match=r"^summarize: expected at least one value, got none$"):
        timing.summarize([])


def test_ratios_are_those_of_the_rounds():
    assert timing.ratios([4.0, 9.0], [2.0, 3.0]) == [2.0, 3.0]
    with pytest.raises(ValueError, match="shorter"):
        timing.ratios([4.0, 9.0], [2.0])


def test_a_turn_is_the_mean_of_its_calls(monkeypatch):
    clock = iter([0.0, 1.0, 2.5, 4.0])
    monkeypatch.setattr(timing.time, "perf_counter", lambda: next(clock))
    assert timing.turn(lambda: None, 3.0) == pytest.approx(4.0 / 3)


@pytest.mark.parametrize("module", [timing, wording])
def test_examples_in_docstrings(module):
    failed, tried = doctest.testmod(module)
    assert tried
    assert not failed


def test_difference_is_relative_to_the_largest_value():
    assert relative_difference(np.array([1.0, 5.0]), np.array([2.0, -4.0])) == 9 / 4
    assert relative_difference(np.zeros(2), np.zeros(2)) == 0
    assert relative_difference(np.zeros(2), np.zeros(3)) is None


def test_operations_and_bytes_of_a_convolution():
    shape = Convolution("by hand", 2, (5, 7), 3, 4, 3, 2, ((1, 1), (1, 1)))
    assert shape.place == ((1, 1), (3, 4))
    assert shape.flops == 2 * (2 * 3 * 4 * 4) * (3 * 3 * 3)
    assert shape.bytes == 4 * (2 * 5 * 7 * 3 + 2 * 3 * 4 * 4 + 3 * 3 * 3 * 4)


def test_operations_and_bytes_of_a_pooling():
    assert Pooling("by hand", 2, (5, 4), 3, 2, 2).facts == {"flops": 2 * 4 * 3 * 4, "bytes": 4 * (120 + 48)}


@pytest.mark.parametrize("operation", kernel_calls.OPERATIONS)
@pytest.mark.parametrize("algorithm", kernel_calls.ALGORITHMS)
def test_every_algorithm_is_called_as_its_twin(algorithm, operation):
    shape = Convolution("small", 2, (9, 7), 16, 32, 3)
    assert kernel_calls.ALGORITHMS[algorithm].suits(shape)
    got, expected = (kernel_calls.convolution_call(name, operation, shape)() for name in (algorithm, "twin"))
    np.testing.assert_allclose(got, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("operation", ["max_pool", "unpool"])
def test_pooling_is_called_as_its_twin(operation):
    shape = Pooling("small", 2, (6, 5), 4, 3, 2)
    kernel, twin = (kernel_calls.pooling_call(name, operation, shape) for name in ("kernel", "twin"))
    kernel()  # a second call must not add to the first
    np.testing.assert_array_equal(np.ravel(kernel()), np.ravel(twin()))


def test_occluded_images_and_the_attribution_to_pixels():
    image = np.zeros((2, 3, 1), np.float32)
    (row,) = occluded_rows(image, size=2, stride=1)
    assert row[..., 0].tolist() == [[[GRAY, GRAY, 0]] * 2, [[0, GRAY, GRAY]] * 2]
    drop = np.array([[2.0, 4.0]])
    assert attribution(drop, image.shape, 2, 1).tolist() == [[2, 3, 4]] * 2


@pytest.mark.skipif(not memory_use.STATUS.exists(), reason="the peak can't be reset here")
def test_the_peak_counts_from_the_baseline():
    """Blocks come from the system by mmap: an allocator may reuse memory that the process holds already."""
    content = np.ones(2**26, np.uint8)
    with mmap.mmap(-1, 2**27) as block:  # a higher peak before the baseline
        block.write(content)
        block.write(content)
    baseline = memory_use.resident()
    with mmap.mmap(-1, 2**26) as block:
        block.write(content)
    assert 0.9 * 2**26 < memory_use.peak_since(baseline) < 1.5 * 2**26


def test_on_windows_the_memory_cannot_be_measured(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(memory_use, "STATUS", tmp_path / "absent")
    for measure in (machine.describe, memory_use.resident):
        with pytest.raises(
            OSError, match=r"^benchmarks: memory is measured on Linux and macOS, got Windows$"
        ):
            measure()


def test_the_machine_is_described_but_not_named():
    facts = machine.describe()
    assert facts["processors"] >= 1
    assert facts["versions"]["numpy"] == np.__version__
    assert f'"{socket.gethostname()}"' not in json.dumps(facts)
    assert str(Path.home()) not in json.dumps(facts)


def test_only_peers_import_frameworks():
    for path in Path(run.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            foreign = {name.split(".")[0] for name in names} & FRAMEWORKS
            assert not foreign or path.name.startswith("peers_"), path


def test_goals_take_a_peer_at_its_best_round_by_round(canned):
    step, tensorflow, *_ = rows(canned)
    assert step.goal.what == "training step, `deck_model2`, batch 128"
    assert step.other.variant == "channels_last"  # 30 ms: as contiguous, 40 ms
    assert step.reached == pytest.approx(3.0)  # of 2, 3, 3
    assert step.spread == pytest.approx((2.5, 3.0))
    assert step.is_met
    assert tensorflow.reached is None
    assert tensorflow.is_met is None


def test_rows_that_were_not_measured_name_no_number_of_images(canned):
    assert not any("{" in row.goal.what for row in rows(canned))
    assert "prediction, digits, `deck_model3`" in {row.goal.what for row in rows(canned)}


def test_goals_of_memory_and_of_seconds(canned):
    found = {row.goal.what: row for row in rows(canned)}
    assert found["peak memory, training `deck_rps3`"].reached == 2.5
    assert found["peak memory, training `deck_rps3`"].is_met
    assert found["importing npdeconv"].reached == 0.41
    assert found["importing npdeconv"].is_met is False


def test_share_of_the_roof_by_hand(canned):
    assert roofline.roofs(canned) == {1: (2e11, 1e10)}
    (point,) = roofline.points(canned)  # the twin is left out
    assert point.intensity == 40
    assert point.rate == pytest.approx(5e10)
    assert point.share_of_peak == pytest.approx(0.25)
    assert point.share_of_bandwidth == pytest.approx(0.125)
    assert point.share_of_roof == pytest.approx(0.25)  # 40 operations a byte: the peak limits, not the copy


def test_page_of_a_canned_run(canned):
    page = report.page(canned)
    goal = "| training step, `deck_model2`, batch 128 | 10 ms (10 to 15) | PyTorch channels_last: 30 ms "
    assert goal + "(25 to 45) | 3.00 (2.50 to 3.00) | 2.5 times faster | yes |" in page
    assert "|  | npdeconv | PyTorch contiguous | PyTorch channels_last | times faster |" in page
    assert "| one | Winograd | 50.0 | 25% | 1.25 | 12% | 25% |" in page
    assert "Control, 2 times during the run: matrix product 2 ms (1 ms to 3 ms), copy 2 ms" in page
    assert "`OMP_NUM_THREADS=2`" in page


def test_readme_gets_the_table_between_its_markers(canned):
    old = f"before\n{readme_table.BEGIN}\nold\n{readme_table.END}\nafter\n"
    new = readme_table.replaced(old, canned, rows(canned)[:1])
    assert new.startswith(f"before\n{readme_table.BEGIN}\n| what | npdeconv |")
    assert new.endswith(f"\n{readme_table.END}\nafter\n")
    assert "old" not in new
    assert new.count("training step") == 1
    assert readme_table.replaced(new, canned, rows(canned)[:1]) == new
    with pytest.raises(ValueError, match=r"^readme_table: expected '<!-- benchmark table -->' and then"):
        readme_table.replaced("no markers", canned, [])


def test_the_pages_hold_the_newest_full_run():
    for path, text in readme_table.pages(Run.load(records.newest())).items():
        assert path.read_text(encoding="utf-8") == text, f"{path}: run python -m benchmarks.readme_table"


def test_the_readme_shows_five_goals_and_the_page_of_benchmarks_all(canned):
    assert {(goal.what, goal.other) for goal in GOALS} >= readme_table.SHOWN
    some, every = readme_table.pages(canned).values()
    before, after = readme_table.BEGIN, readme_table.END
    tables = [text[text.index(before) : text.index(after)] for text in (some, every)]
    assert [table.count("\n| ") - 2 for table in tables] == [5, len(GOALS)]


def test_the_newest_full_run(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "RESULTS", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"^no full run in .*; make one with make bench PEERS=1$"):
        records.newest()
    for name in ("20260101-0900", "20260201-0900", "20260301-0900-quick"):
        (tmp_path / f"{name}.json").touch()
    assert records.newest().stem == "20260201-0900"


def test_a_contender_that_fails_does_not_stop_the_others():
    contenders = (Contender("NumPy", "", {"size": "many"}), Contender("NumPy", "", {"size": 16}))
    told = []
    with Contest(Settings(size="tiny", rounds=2, turn_seconds=0), told.append) as contest:
        failed, fine = contest.compete(Case("topic", "case", "copy", {"threads": 1}, contenders))
    assert "TypeError" in failed.error
    assert not failed.values
    assert fine.error is None
    assert len(fine.values) == 2
    assert told == [[failed, fine]]


def test_a_process_that_dies_is_reported_and_replaced():
    with Contest(Settings(size="tiny")) as contest:
        first = contest.remote("NumPy")
        first._process.kill()
        with pytest.raises(RemoteError, match=r"^the process of NumPy ended with code -9$"):
            first.ask("facts")
        assert contest.remote("NumPy").ask("facts")["libraries"]


def test_a_process_gets_an_environment_of_its_own(monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Nonsense")
    with Remote("NumPy", 1, {"OPENBLAS_CORETYPE": None}) as remote:
        assert remote.ask("facts")["libraries"]
    assert "OPENBLAS_CORETYPE" in machine.describe()["environment"]


def test_a_partial_run_is_marked_in_its_name(tmp_path):
    assert run.main(["--tiny", "--rounds", "1", "--turn", "0", "--only", "peak", "--out", str(tmp_path)]) == 0
    (path,) = tmp_path.glob("*.json")
    assert path.stem.endswith("-tiny-partial")


def test_failures_are_reported(canned, tmp_path, capsys, monkeypatch):
    canned.records[3].error = "Traceback: no memory"
    monkeypatch.setattr(run, "measure", lambda settings, topics: canned)
    assert run.main(["--quick", "--out", str(tmp_path)]) == 1
    assert "training, deck_model2, batch 128, Keras:\nTraceback: no memory" in capsys.readouterr().err
    (tables,) = tmp_path.glob("*-quick.md")
    page = tables.read_text(encoding="utf-8")
    assert page.index("## What failed\n\n* training, deck_model2, batch 128, Keras") > 0


@pytest.mark.slow
def test_a_tiny_run_from_end_to_end(tmp_path, capsys):
    arguments = ["--tiny", "--rounds", "2", "--turn", "0", "--out", str(tmp_path)]
    assert run.main(arguments) == 0
    (path,) = tmp_path.glob("*-tiny.json")
    done = Run.load(path)
    assert {record.topic for record in done.records} == {*run.TOPICS, "images"} - {"alexnet"}
    assert all(value > 0 for record in done.records for value in record.values)
    assert all(record.values for record in done.records)
    assert len(done.control) == len(run.TOPICS) + 1
    differences = [one.difference for one in done.records if one.difference is not None]
    assert differences
    assert max(differences) < 1e-3
    assert "| deck_model3, batch 2 |" in path.with_suffix(".md").read_text(encoding="utf-8")
    assert {one.stem.rsplit("-", 1)[1] for one in tmp_path.glob("*.png")} == {"roofline", "scaling"}
    assert str(path) in capsys.readouterr().out


def test_goals_differ():
    assert len(GOALS) == len({(goal.what, goal.other) for goal in GOALS})
