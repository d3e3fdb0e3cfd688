"""Freed memory is used again: a batch after the first few asks the kernel for no pages."""

import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.timed

FAULTS_OF_A_LATER_BATCH = """
import resource, sys
import torch
from landscape.cli.program import keep_freed_memory

if sys.argv[1] == "kept":
    keep_freed_memory(all_of_it=True)

def batch():
    activations = [torch.ones(64 * 2**18) for _ in range(8)]  # 64 MiB each

for _ in range(4):
    batch()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
batch()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how: str) -> int:
    command = [sys.executable, "-c", FAULTS_OF_A_LATER_BATCH, how]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.slow
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's settings; another C library is left alone")
def test_a_training_batch_of_half_a_gigabyte_reuses_its_pages():
    assert faults("usual") > 1000
    assert faults("kept") < 100
