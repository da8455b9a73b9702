"""An option means one thing, whatever the command."""

import subprocess
import sys
from collections import defaultdict

import pytest

from npdeconv import cli
from npdeconv.cli.commands import COMMANDS, parser_of_all
from npdeconv.cli.options import SHARED


def options():
    """Yield every option of every command: its name, the command, and what argparse knows of it."""
    _, parsers = parser_of_all()
    assert list(parsers) == list(COMMANDS)
    for command, parser in parsers.items():
        parser.declare()
        for action in parser._actions:
            for name in action.option_strings:
                yield name, command, action


def kind(action):
    """Return what may be given, but for how often and the least."""
    parse = getattr(action.type, "__qualname__", None)
    return type(action).__name__, parse, str(action.metavar), tuple(action.choices or ())


def test_an_option_has_one_meaning_in_every_command():
    meanings, helps = defaultdict(dict), defaultdict(set)
    for name, command, action in options():
        meanings[name].setdefault(kind(action), []).append(command)
        stem = SHARED[name]["help"] if name in SHARED else action.help
        assert action.help.startswith(stem), f"{command} {name}: {action.help!r} does not begin with {stem!r}"
        helps[name].add(stem)
    assert {name: given for name, given in meanings.items() if len(given) > 1} == {}
    assert {name: given for name, given in helps.items() if len(given) > 1} == {}


def test_what_is_shared_is_taken_by_several_commands():
    taken = defaultdict(set)
    for name, command, _ in options():
        taken[name].add(command)
    assert {name for name in SHARED if len(taken[name]) < 2} == set()


def test_images_are_places_and_never_counts_or_folders():
    for name, command, action in options():
        if name in ("--image", "--images", "--queries"):
            assert action.type is int, command
        if name in ("--count", "--test-count", "-k"):
            assert action.type("1000") == 1000
            assert action.nargs is None, command


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("project", "run", "--layer", "relu", "--image", "3"), "did you mean '--images'?"),
        (("demo", "--images", "60"), "unrecognized arguments: --images 60"),
        (("probe", "run", "--control"), "unrecognized arguments: --control"),
        (("train", "deck_model3", "--decay", "0.3"), "unrecognized arguments: --decay 0.3"),
        (("cam", "run", "--top", "2"), "unrecognized arguments: --top 2"),
    ],
)
def test_options_are_neither_abbreviated_nor_called_otherwise(arguments, hint, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(list(arguments))
    assert stopped.value.code == 2
    assert hint in capsys.readouterr().err


def test_the_list_of_commands_loads_none_of_them():
    code = """
import sys
from npdeconv.cli import main
try:
    main(["--help"])
except SystemExit:
    pass
loaded = {name.partition(".")[0] for name in sys.modules}
assert not loaded & {"numpy", "numba", "matplotlib", "PIL", "scipy"}, loaded
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
