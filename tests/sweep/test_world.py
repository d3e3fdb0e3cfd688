"""Who was started with whom, and what they tell each other."""

import json

import pytest

from landscape.sweep.world import Launch, Mistake, World, launch_of


@pytest.mark.parametrize(
    "environment, launch",
    [
        pytest.param({}, None, id="alone"),
        pytest.param(
            {"OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_RANK": "3"}, Launch("Open MPI", 4, 3), id="Open MPI"
        ),
        pytest.param({"MV2_COMM_WORLD_SIZE": "4", "MV2_COMM_WORLD_RANK": "0"}, Launch("MVAPICH", 4, 0), id="MVAPICH"),
        pytest.param({"PALS_SIZE": "16", "PALS_RANKID": "9"}, Launch("Cray PALS", 16, 9), id="PALS"),
        pytest.param({"PMI_SIZE": "2", "PMI_RANK": "1"}, Launch("MPICH or Intel MPI (Hydra)", 2, 1), id="Hydra"),
        pytest.param({"SLURM_STEP_NUM_TASKS": "8", "SLURM_PROCID": "5"}, Launch("Slurm's srun", 8, 5), id="srun"),
        pytest.param({"SLURM_NTASKS": "8", "SLURM_PROCID": "0"}, None, id="a batch script, not started by srun"),
        pytest.param({"PMI_SIZE": "2"}, None, id="size without rank"),
        pytest.param({"PMI_SIZE": "", "PMI_RANK": ""}, None, id="empty"),
        pytest.param(
            {
                "OMPI_COMM_WORLD_SIZE": "4",
                "OMPI_COMM_WORLD_RANK": "3",
                "SLURM_STEP_NUM_TASKS": "1",
                "SLURM_PROCID": "0",
            },
            Launch("Open MPI", 4, 3),
            id="mpirun within a Slurm step",
        ),
    ],
)
def test_a_launcher_is_known_by_its_variables(environment, launch):
    assert launch_of(environment) == launch


def test_a_lone_process_agrees_with_itself():
    world = World()
    assert (world.rank, world.size, world.is_first) == (0, 1, True)
    assert world.share("a") == "a" and world.collect("b") == ["b"] and world.poll() is None
    assert world.agreed(lambda: 5) == 5 and world.together(lambda: 6) == 6


@pytest.mark.parametrize("error", [ValueError("not so"), OSError("not so"), Mistake("not so", status=2)])
@pytest.mark.parametrize("how", ["agreed", "together"])
def test_a_users_mistake_becomes_one_sentence_to_be_said_once(how, error):
    def make():
        raise error

    with pytest.raises(Mistake, match="^not so$") as caught:
        getattr(World(), how)(make)
    assert caught.value.status == 2 and not caught.value.said


@pytest.mark.parametrize("how", ["agreed", "together"])
def test_an_error_of_our_own_is_no_mistake_of_the_user(how):
    with pytest.raises(ZeroDivisionError):
        getattr(World(), how)(lambda: 1 // 0)


def test_ranks_share_collect_and_agree(run, programs, tmp_path):
    ended = run(programs / "talking.py", tmp_path, ranks=3)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    found = [json.loads((tmp_path / f"{rank}.json").read_text()) for rank in range(3)]
    assert [part["size"] for part in found] == [3, 3, 3]
    assert [(part["shared"], part["length"]) for part in found] == [(0, 300_000)] * 3
    assert [part["collected"] for part in found] == [[[0, ""], [1, "y"], [2, "yy"]], None, None]
    assert [part["agreed"] for part in found] == ["made on 0"] * 3
    assert [part["ran"] for part in found] == [[0], [], []]
    assert [part["together"] for part in found] == [0, 10, 20]
    for key in ("first fails", "together, first fails"):
        assert [part[key] for part in found] == [["mistake", "rank 0 can't", 2, said] for said in (False, True, True)]
    said = [["mistake", "rank 2 can't", 3, said] for said in (False, True, True)]
    assert [part["together, last fails"] for part in found] == said
    assert [part["still in step"] for part in found] == [0, 0, 0]
    # They waited 2 s for rank 0; spinning would have cost as much. A look every 2 ms costs some 20 us.
    assert max(part["busy_s"] for part in found[1:]) < 0.5


def test_processes_that_can_not_find_each_other_are_told_so_once(run, analytic, tmp_path, mpirun):
    """As when Open MPI's mpirun starts a program whose mpi4py was built with MPICH."""
    said = []
    for rank in range(2):
        there = {"OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_RANK": str(rank)}
        ended = run(analytic, "--", "--out", tmp_path / "s", env=there)
        assert (ended.returncode, ended.stdout) == (2, "")
        said.append(ended.stderr)
    first, _, rest = said[0].partition(" is ")
    library, _, rest = rest.partition(" and ")
    assert first == "landscape: Open MPI started 4 processes, but mpi4py's MPI"
    assert library.replace(".", "").replace(" ", "").isalnum()
    wanted = "sees only one; start them with that MPI's own mpirun, or build mpi4py with the launcher's MPI\n"
    assert rest == wanted and said[1] == ""
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def without_mpi4py(tmp_path):
    """Return variables that make mpi4py as if it were not installed."""
    package = tmp_path / "blocked" / "mpi4py"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise ModuleNotFoundError(\"No module named 'mpi4py'\", name='mpi4py')\n")
    return {"PYTHONPATH": str(package.parent)}


def test_without_mpi4py_one_process_works(run, analytic, tmp_path, without_mpi4py):
    ended = run(analytic, "--", "--x", "-1:0.5:3", "--out", tmp_path / "s", env=without_mpi4py)
    assert (ended.returncode, ended.stderr) == (0, "") and (tmp_path / "s.html").is_file()


def test_without_mpi4py_one_process_of_a_launcher_works(run, analytic, tmp_path, without_mpi4py):
    there = {**without_mpi4py, "PMI_SIZE": "1", "PMI_RANK": "0"}
    ended = run(analytic, "--", "--x", "-1:0.5:3", "--out", tmp_path / "s", env=there)
    assert (ended.returncode, ended.stderr) == (0, "") and (tmp_path / "s.html").is_file()


def test_without_mpi4py_several_processes_are_refused_in_one_sentence(run, analytic, tmp_path, without_mpi4py):
    said = []
    for rank in range(2):
        there = {**without_mpi4py, "PMI_SIZE": "3", "PMI_RANK": str(rank)}
        ended = run(analytic, "--", "--out", tmp_path / "s", env=there)
        assert (ended.returncode, ended.stdout) == (2, "") and not (tmp_path / "s.h5").exists()
        said.append(ended.stderr)
    assert said == [
        "landscape: MPICH or Intel MPI (Hydra) started 3 processes, but mpi4py can't be used "
        "(No module named 'mpi4py'); install mpi4py with the same MPI, or start one process\n",
        "",
    ]
