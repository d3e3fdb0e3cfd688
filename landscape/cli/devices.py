"""Which device a rank computes on, as asked for and as there is."""

from collections.abc import Callable

from landscape.sweep.world import World


def device_of_rank(
    text: str, ranks_per_gpu: int, world: World, say: Callable[[str], None]
) -> tuple[str, frozenset[int]]:
    """Return this rank's device and the ranks that find none.

    Raises:
        Mistake: The device that was asked for is not there.
    """
    from landscape.cli.choices import chosen_device
    from landscape.sweep.devices import Visible, assign_gpus

    kind = world.share(world.together(lambda: chosen_device(text)))
    if kind == "cpu":
        return "cpu", frozenset()
    import torch

    gpus = tuple(str(torch.cuda.get_device_properties(i).uuid) for i in range(torch.cuda.device_count()))
    seen = world.collect(Visible(world.host, gpus))
    numbers = world.share(None if seen is None else assign_gpus(seen, ranks_per_gpu))
    idle = frozenset(rank for rank, number in enumerate(numbers) if number is None)
    if idle:
        say(
            f"{len(idle)} of {world.size} ranks find no GPU of their own and stay idle; one rank a GPU is enough, "
            "or give --ranks-per-gpu K to let them share"
        )
    number = numbers[world.rank]
    return ("cpu" if number is None else f"cuda:{number}"), idle
