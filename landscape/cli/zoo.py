"""`landscape zoo`: tell which trained networks come with the tool."""

from collections.abc import Sequence

from landscape.cli.arguments import Parser
from landscape.sweep.world import World

HELP = "tell which trained networks come with the tool; use one with --checkpoint zoo:NAME"


def zoo_command(arguments: Sequence[str], world: World, prog: str = "landscape zoo") -> None:
    """Run the command; see `landscape zoo --help`."""
    world.agreed(lambda: _tell(arguments, prog))


def _tell(arguments: Sequence[str], prog: str) -> None:
    parser = Parser(prog=prog, description=HELP)
    parser.add_argument("names", nargs="*", metavar="NAME", help="tell everything that is known of these")
    options = parser.options_of(arguments)
    if options is None:
        return
    from landscape.problem.zoo import PREFIX, read_zoo, zoo_file

    networks = read_zoo()
    for name in options.names:
        zoo_file(name)
        print("\n".join(_sheet(networks[name.removeprefix(PREFIX)])))
    if not options.names:
        width = max(map(len, networks), default=0)
        print(f"{'name':<{width}}  train acc  test acc  what")
        for name, network in networks.items():
            train, test = (network.scores[f"{split}_accuracy"] for split in ("train", "test"))
            label = " (under-trained)" if network.under_trained else ""
            print(f"{name:<{width}}  {train:9.2%}  {test:8.2%}  {network.about}{label}")


def _sheet(network) -> list[str]:
    """Return the lines that tell everything of one network."""
    seconds = "not recorded" if network.wall_s is None else f"{network.wall_s:.0f} s"
    rows = {
        "about": network.about,
        "model": " ".join([network.model, *(f"{key}={value}" for key, value in network.model_arguments.items())]),
        "dataset": network.dataset,
        **{name.replace("_", " "): f"{value:.5g}" for name, value in network.scores.items()},
        "last command": f"{network.epochs} epochs, {network.updates} updates, {seconds}"
        + (
            ""
            if network.threads is None
            else f" on {network.threads} thread{'s' * (network.threads > 1)}, beside other work"
        ),
        "under-trained": "yes: the training accuracy asked for was not reached" if network.under_trained else "no",
        "seed": network.seed,
        "sha256": network.sha256,
        "size": f"{network.size} bytes",
    }
    width = max(map(len, rows)) + 2
    lines = [f"zoo:{network.name}", *(f"  {what:<{width}}{value}" for what, value in rows.items())]
    return [*lines, *(f"  {'made by':<{width}}{command}" for command in network.commands)]
