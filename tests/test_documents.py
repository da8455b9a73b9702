"""The pages of the repository agree with the code."""

import re
from pathlib import Path

import npdeconv
from npdeconv.cli.commands import COMMANDS

ROOT = Path(__file__).parents[1]
PACKAGE = Path(npdeconv.__file__).parent


def page(name):
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_readme_shows_lines_of_the_paper_in_one_file():
    (shown,) = re.findall(r"```python\n((?!>>>).*?)```", page("README.md"), re.DOTALL)
    assert shown in (PACKAGE / "plain.py").read_text(encoding="utf-8")


def test_the_table_of_modules_names_every_room_and_nothing_else():
    table = page("README.md").split("| module in `npdeconv/` |")[1].split("\n\n")[0]
    named = {name for row in table.splitlines() for name in re.findall(r"`([\w/]+(?:\.py|/))`", row)}
    assert not [name for name in named if not (PACKAGE / name).exists()]
    rooms = {
        path.name for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    assert {name.split("/")[0] for name in named} == {room for room in rooms if not room.startswith("_")}


def test_every_command_is_on_the_page_of_commands():
    table = page("docs/commands.md").split("| command |")[1].split("\n\n")[0]
    first_column = " ".join(row.split("|")[1] for row in table.splitlines()[1:])
    named = {name.split()[0] for name in re.findall(r"`([^`]+)`", first_column)}
    assert named | {"demo"} == set(COMMANDS)


def test_links_lead_somewhere():
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "benchmarks/README.md"]:
        for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
            places = (path.parent, PACKAGE.parent)  # the package may be installed elsewhere
            assert any((place / target).exists() for place in places), f"{path.name}: {target}"


def test_the_citation_is_of_this_version():
    assert f"\nversion: {npdeconv.__version__}\n" in page("CITATION.cff")
    assert f"\n## {npdeconv.__version__}" in page("CHANGELOG.md")
