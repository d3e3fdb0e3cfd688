"""The `landscape` command and its subcommands."""

import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from landscape.cli.program import run_program
from landscape.sweep.world import launch_of

COMMANDS = {
    "surface": ("landscape.cli.surface", "surface_command", "sample the loss around trained weights and draw it"),
    "curvature": (
        "landscape.cli.curvature",
        "curvature_command",
        "tell what kind of point trained weights are, by the Hessian",
    ),
    "compare": ("landscape.cli.compare", "compare_command", "compare minima: surfaces, slices, measures of flatness"),
    "between": (
        "landscape.cli.between",
        "between_command",
        "compare trained networks: lines and barriers between them, and the plane through three",
    ),
    "trajectory": (
        "landscape.cli.trajectory",
        "trajectory_command",
        "show the way that training took, on the surface around it",
    ),
    "race": (
        "landscape.cli.race",
        "race_command",
        "let optimizers race on a function of two weights, and see why they are slow at its saddles",
    ),
    "page": ("landscape.cli.page", "page_command", "draw surfaces, or curvature analyses, on one page"),
    "figure": ("landscape.cli.figure", "figure_command", "draw surface files for print: PDF, SVG or PNG"),
    "animate": ("landscape.cli.animate", "animate_command", "draw a saved path or race as a film: GIF or MP4"),
    "info": ("landscape.cli.info", "info_command", "tell what is in a surface file"),
    "export": ("landscape.cli.export_surface", "export_command", "write a surface in a format of other programs"),
    "import": ("landscape.cli.import_surface", "import_command", "read a surface file of the reference implementation"),
    "zoo": ("landscape.cli.zoo", "zoo_command", "tell which trained networks come with the tool"),
    "train": ("landscape.cli.train", "train_command", "train a network on the CPU and save its weights"),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `landscape`, and leave the process with its exit status."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if not arguments or arguments[0] in ("-h", "--help"):
        print(_usage())
        sys.exit(0 if arguments else 2)
    if arguments[0] == "--version":
        from importlib.metadata import version

        print(version("landscape-of-loss"))
        sys.exit(0)
    name = arguments[0]
    if name not in COMMANDS:
        if (launch := launch_of()) is None or launch.rank == 0:
            print(f"landscape: unknown command {name!r}; choose one of {', '.join(COMMANDS)}", file=sys.stderr)
        sys.exit(2)
    run_command(name, arguments[1:], f"landscape {name}")


def run_command(name: str, arguments: Sequence[str], prog: str) -> None:
    """Run one subcommand on this rank, and leave the process with its exit status."""
    module, function, _ = COMMANDS[name]

    def body(arguments: Sequence[str], world) -> None:
        command: Callable = getattr(import_module(module), function)
        command(arguments, world, prog)

    sys.exit(run_program(body, arguments))


def script(name: str, prog: str) -> None:
    """Run one subcommand as a script of its own."""
    run_command(name, sys.argv[1:], prog)


def _usage() -> str:
    rows = [f"  {name:<11}{words}" for name, (_, _, words) in COMMANDS.items()]
    return "\n".join(
        ["usage: landscape COMMAND [options]", "", "commands:", *rows, "", "landscape COMMAND --help lists its options"]
    )
