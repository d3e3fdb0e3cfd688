"""The SLURM scripts, run by bash with an `srun` that starts the ranks by mpirun."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted((ROOT / "scripts" / "slurm").glob("*.sbatch"))
SRUN = """#!/bin/sh
case "$1" in --mpi=*) shift;; esac
exec mpirun -n 2 "$@"
"""


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_bash_and_asks_for_a_warning_before_its_end(script):
    subprocess.run(["bash", "-n", str(script)], check=True)
    assert "#SBATCH --signal=TERM@60\n" in script.read_text()


@pytest.mark.slow
def test_the_cpu_script_runs_the_main_job_over_ranks(tmp_path, mpirun):
    (tmp_path / "bin").mkdir()
    srun = tmp_path / "bin" / "srun"
    srun.write_text(SRUN)
    srun.chmod(0o755)
    for name in ("scripts", "landscape", "models"):
        os.symlink(ROOT / name, tmp_path / name)
    path = os.pathsep.join(
        [str(srun.parent), str(Path(sys.executable).parent), str(Path(mpirun).parent), os.environ["PATH"]]
    )
    options = ["--model", "mlp", "--untrained", "1", "--num-samples", "10", "--x", "0:1:3", "--out", "mine"]
    done = subprocess.run(
        [shutil.which("bash"), str(ROOT / "scripts" / "slurm" / "cpu.sbatch"), *options],
        env={**os.environ, "PATH": path, "SLURM_SUBMIT_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "on 2 ranks" in done.stdout and (tmp_path / "mine.h5").is_file()
