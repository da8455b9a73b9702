"""`npdeconv break`."""

import numpy as np

from npdeconv import cli
from npdeconv.breakage import CHECKS, FAULTS


def test_without_a_name_it_lists_the_faults(capsys):
    assert cli.main(["break"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[: len(FAULTS)]] == [*FAULTS]
    assert lines[0].endswith("The bias is added on the way down, too.")


def test_a_fault_is_told_drawn_and_checked(tmp_path, capsys):
    for name in ("ties_spread", "adam_reset", "mean_ranking"):
        assert cli.main(["break", name, "--out", str(tmp_path), "--dpi", "20"]) == 0
        out = capsys.readouterr().out
        assert out.startswith(f"{name}\n\n{FAULTS[name].title}\n")
        assert (
            sum(line.split("  ")[1].strip() in CHECKS for line in out.splitlines() if line[:2] == "  ") == 8
        )
        assert out.count("CAUGHT: ") == 1
        assert (tmp_path / f"{name}.png").stat().st_size > 1000
        with np.load(tmp_path / f"{name}.npz") as arrays:
            assert arrays["right"].shape == arrays["wrong"].shape


def test_an_unknown_fault_is_one_sentence(tmp_path, capsys):
    assert cli.main(["break", "tie_spread", "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("npdeconv: no fault 'tie_spread' (did you mean 'ties_spread'?)")
