"""All commands. Each is a module that `Command` imports only if chosen, since most load slowly."""

import argparse
import sys
from collections.abc import Sequence

import npdeconv
from npdeconv.cli.parser import Command, Parser

COMMANDS = {
    "demo": "train on the embedded digits and draw what was learned; about a minute",
    "train": "train a network; the run is a folder that can be resumed and looked into",
    "report": "write a page that shows what a network learned, as one HTML file",
    "explain": "write a small worked example, up and down, whose numbers one can touch and change",
    "classify": "print the most likely classes of images",
    "look": "draw each layer's filters and maps for one image, the rules side by side, and the mistakes",
    "project": "project feature maps back to pixels, as a figure and as arrays",
    "top": "find the images that excite each feature map most; draw their patches and projections",
    "textures": "switch off what makes projections look embossed, beaded, or like a crystal",
    "animate": "write an animation of a layer's maps over a sequence of images",
    "evolve": "follow feature maps through the epochs of a training run",
    "filters": "measure what the filters tell: domination, frequencies, dead maps, aliasing",
    "first-layers": "train with coarse and fine first layers, renormalized or not, and measure their filters",
    "occlude": "slide an occluder over an image and map what the network loses",
    "invariance": "measure how far features move when images are shifted, scaled or rotated",
    "switches": "measure how much of a projection comes from its unit, and how much from the switches",
    "recovery": "train small networks, and measure how much their pictures of a class show the image instead",
    "correspondence": "hide the same part of different images, and compare which features change",
    "cam": "draw class activation maps: which parts of an image speak for a class?",
    "oath": "give a network random weights, layer by layer, and measure whether its pictures change",
    "relevance": "measure which maps predict what matters: insertion, deletion, infidelity, sensitivity",
    "maximize": "make images that excite a unit or a class most, from noise",
    "localize": "train with average and max pooling, and compare how well the maps find the object",
    "embed": "draw where a layer puts images, and their nearest neighbors by features and by pixels",
    "transfer": "classify from few images: a new classifier on frozen features, or training from scratch",
    "probe": "fit a linear classifier to every layer, and print its accuracy",
    "ablate": "train a network from scratch with layers removed and resized, and compare the errors",
    "retrain": "reconstruct a class before and after training on more images of it, and compare a control",
    "info": "print a network's layers, their output shapes, parameters and receptive fields",
    "gradcheck": "compare a network's gradients with finite differences, parameter by parameter",
    "check": "test a layer of your own against the contract of layers",
    "break": "show faults of published deconvnets beside the right picture, and the checks that catch them",
    "learn": "exercises that check themselves: start a folder, test, get hints, see the solution",
}
MODULES = {"break": "breakage", "first-layers": "first_layers"}  # what can't name a module

DESCRIPTION = """\
A convolutional network and its DeconvNet (Zeiler & Fergus, arXiv:1311.2901), from scratch.

Start with `npdeconv demo`: it trains a network in about a minute, without any download,
and draws what it learned."""


def run(arguments: Sequence[str] | None) -> None:
    """Parse the arguments and run the command that they name."""
    options = parser_of_all()[0].parse_args(arguments)
    from npdeconv._jit import on_first_compilation  # the command has loaded it by now
    from npdeconv.parallel import progress_bars

    on_first_compilation(lambda: print("compiling kernels, once on this machine ...", file=sys.stderr))
    with progress_bars():
        options.run(options)


def parser_of_all() -> tuple[Parser, dict[str, Command]]:
    """Return the main parser and the commands' parsers; these have not declared their options yet."""
    parser = Parser("npdeconv", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", action="version", version=f"npdeconv {npdeconv.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=Command)
    modules = {name: f"npdeconv.cli.{MODULES.get(name, name)}" for name in COMMANDS}
    return parser, {
        name: commands.add_parser(name, help=summary, module=modules[name])
        for name, summary in COMMANDS.items()
    }
