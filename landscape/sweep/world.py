"""The processes of one run and the messages between them; the one module that knows MPI.

MPI's own blocking calls spin, which steals a core from whoever computes; here every wait sleeps.
"""

import os
import platform
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

Answer = TypeVar("Answer")
POLL_S = 0.002
UNTIL_READ_S = 0.15  # MPICH's launcher drops what it has not read when a rank aborts

LAUNCHERS = (
    ("Open MPI", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"),
    ("MVAPICH", "MV2_COMM_WORLD_SIZE", "MV2_COMM_WORLD_RANK"),
    ("Cray PALS", "PALS_SIZE", "PALS_RANKID"),
    ("MPICH or Intel MPI (Hydra)", "PMI_SIZE", "PMI_RANK"),
    ("Slurm's srun", "SLURM_STEP_NUM_TASKS", "SLURM_PROCID"),
)


class Mistake(Exception):
    """A user's mistake in one sentence, with the program's exit status; `said` where another rank prints it."""

    def __init__(self, sentence: str, status: int = 2, said: bool = False) -> None:
        super().__init__(sentence)
        self.status, self.said = status, said


@dataclass(frozen=True, slots=True)
class Launch:
    """What the environment says about how this process was started."""

    launcher: str
    size: int
    rank: int


def launch_of(environment=os.environ) -> Launch | None:
    """Return what a launcher has put into the environment; None for a process started alone."""
    for launcher, size_key, rank_key in LAUNCHERS:
        size, rank = environment.get(size_key, ""), environment.get(rank_key, "")
        if size.isdigit() and rank.isdigit():
            return Launch(launcher, int(size), int(rank))
    return None


class World:
    """One process alone; the base of the one over MPI."""

    rank, size = 0, 1

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    @property
    def host(self) -> str:
        return platform.node()

    def send(self, message: object, rank: int) -> None:
        """Post a message; returns at once."""
        raise AssertionError("a lone process has nobody to send to")

    def poll(self) -> tuple[int, object] | None:
        """Return (rank, message) if one has come; never waits."""
        return None

    def receive(self, rank: int | None = None) -> object:
        """Sleep until a message comes, from `rank` if one is given."""
        raise AssertionError("a lone process has nobody to hear from")

    def share(self, value: Answer) -> Answer:
        """Return rank 0's value on every rank."""
        return value

    def collect(self, value: Answer) -> list[Answer] | None:
        """Return every rank's value, in order, on rank 0; None elsewhere."""
        return [value]

    def finish(self) -> None:
        """Leave in order, together with the others."""

    def abort(self, status: int = 1) -> None:
        """End every process of the run at once, even while a point is being computed; does not return."""
        flush()
        os._exit(status)

    def agreed(self, make: Callable[[], Answer], status: int = 2) -> Answer:
        """Run `make` on rank 0 alone and return its value everywhere; a user's mistake is raised everywhere.

        Raises:
            Mistake: From a ValueError or OSError of `make`; only rank 0's is to be printed.
        """
        outcome = self.share(_outcome(make, status) if self.is_first else None)
        return _answer(outcome, said=not self.is_first)

    def together(self, make: Callable[[], Answer], status: int = 2) -> Answer:
        """Run `make` on every rank, on rank 0 first, and return each rank's own value.

        Raises:
            Mistake: On every rank, the first rank's whose `make` found one.
        """
        first = _outcome(make, status) if self.is_first else None
        if self.share(first if _is_mistake(first) else None) is None:
            own = first if self.is_first else _outcome(make, status)
        else:
            own = first
        outcomes = self.collect(own if _is_mistake(own) else None)
        worst = next((found for found in outcomes if found), None) if outcomes is not None else None
        worst = self.share(worst)
        return _answer(worst if worst else own, said=not self.is_first)


def _outcome(make: Callable, status: int) -> tuple:
    try:
        return "answer", make()
    except Mistake as mistake:
        return "mistake", str(mistake), mistake.status
    except (ValueError, OSError) as error:
        return "mistake", str(error), status


def _is_mistake(outcome: tuple | None) -> bool:
    return outcome is not None and outcome[0] == "mistake"


def _answer(outcome: tuple, said: bool):
    if _is_mistake(outcome):
        raise Mistake(outcome[1], outcome[2], said)
    return outcome[1]


class MPIWorld(World):
    """The ranks of an MPI communicator."""

    def __init__(self, MPI) -> None:
        self._MPI, self._comm = MPI, MPI.COMM_WORLD.Dup()
        self.rank, self.size = self._comm.Get_rank(), self._comm.Get_size()
        self._sending: list = []
        self._early: list[tuple[int, object]] = []

    def send(self, message: object, rank: int) -> None:
        self._sending = [request for request in self._sending if not request.test()[0]]
        self._sending.append(self._comm.isend(message, rank))

    def poll(self) -> tuple[int, object] | None:
        if self._early:
            return self._early.pop(0)
        return self._poll_comm()

    def _poll_comm(self) -> tuple[int, object] | None:
        status = self._MPI.Status()
        message = self._comm.improbe(status=status)
        return None if message is None else (status.Get_source(), message.recv())

    def receive(self, rank: int | None = None) -> object:
        while True:
            for place, (source, message) in enumerate(self._early):
                if rank is None or source == rank:
                    del self._early[place]
                    return message
            found = self._poll_comm()
            if found is None:
                time.sleep(POLL_S)
            else:
                self._early.append(found)

    def share(self, value):
        if self.is_first:
            for rank in range(1, self.size):
                self.send(value, rank)
            return value
        return self.receive(0)

    def collect(self, value):
        if not self.is_first:
            self.send(value, 0)
            return None
        return [value, *(self.receive(rank) for rank in range(1, self.size))]

    def finish(self) -> None:
        everyone = self._comm.Ibarrier()
        while not (everyone.Test() and all(request.test()[0] for request in self._sending)):
            time.sleep(POLL_S)
        self._MPI.Finalize()

    def abort(self, status: int = 1) -> None:
        flush()
        time.sleep(UNTIL_READ_S)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # MPI's own words would add nothing to ours
        self._MPI.COMM_WORLD.Abort(status)


def join_world() -> World:
    """Join the processes that were started together; without a launcher, stay alone and leave MPI untouched.

    Raises:
        Mistake: Several processes were started, but they can't find each other.
    """
    launch = launch_of()
    if launch is None:
        return World()
    try:
        import mpi4py

        mpi4py.rc.thread_level = "serialized"
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "suspicious MPI execution environment")  # said below, once
            from mpi4py import MPI
    except (ImportError, RuntimeError) as error:
        if launch.size == 1:
            return World()
        raise Mistake(
            f"{launch.launcher} started {launch.size} processes, but mpi4py can't be used ({_first_line(str(error))}); "
            "install mpi4py with the same MPI, or start one process",
            said=launch.rank != 0,
        ) from None
    if launch.size > 1 and MPI.COMM_WORLD.Get_size() == 1:
        library = _first_line(MPI.Get_library_version()).split(",")[0].replace("Version:", "")
        raise Mistake(
            f"{launch.launcher} started {launch.size} processes, but mpi4py's MPI is {' '.join(library.split())} and sees only one; "
            "start them with that MPI's own mpirun, or build mpi4py with the launcher's MPI",
            said=launch.rank != 0,
        )
    return MPIWorld(MPI)


def flush() -> None:
    """Hand on what was printed."""
    sys.stdout.flush()
    sys.stderr.flush()


def _first_line(text: str) -> str:
    return text.replace("\0", "").strip().split("\n")[0]
