"""Ranks that share, collect and agree; each writes what it got to FOLDER/RANK.json.

usage: talking.py FOLDER
"""

import json
import sys
import time
from pathlib import Path

from landscape.sweep.world import Mistake, World, join_world


def fails_on(rank: int, world: World):
    def make():
        if world.rank == rank:
            raise ValueError(f"rank {rank} can't")
        return 10 * world.rank

    return make


def mistake_of(call) -> list:
    try:
        return ["answer", call()]
    except Mistake as mistake:
        return ["mistake", str(mistake), mistake.status, mistake.said]


def ran_where(world: World) -> list:
    """Return the ranks on which `agreed` ran its function."""
    ran = []
    world.agreed(lambda: ran.append(world.rank))
    return ran


def main() -> None:
    world = join_world()
    busy_s = time.process_time()
    if world.is_first:
        time.sleep(2)
    shared = world.share({"from": world.rank, "large": "x" * 300_000})
    found = {
        "size": world.size,
        "shared": shared["from"],
        "length": len(shared["large"]),
        "busy_s": time.process_time() - busy_s,
        "collected": world.collect([world.rank, "y" * world.rank]),
        "agreed": world.agreed(lambda: f"made on {world.rank}"),
        "ran": ran_where(world),
        "together": world.together(lambda: 10 * world.rank),
        "first fails": mistake_of(lambda: world.agreed(fails_on(0, world))),
        "together, first fails": mistake_of(lambda: world.together(fails_on(0, world))),
        "together, last fails": mistake_of(lambda: world.together(fails_on(world.size - 1, world), status=3)),
        "still in step": world.share(world.rank),
    }
    Path(sys.argv[1], f"{world.rank}.json").write_text(json.dumps(found))
    world.finish()


if __name__ == "__main__":
    main()
