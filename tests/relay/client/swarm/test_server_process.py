"""CPU and memory of a process."""

import os
import time

import pytest

from relay.client.swarm.server_process import read_processes
from streamsvc.base.errors import EnvironmentFault


def test_our_own_process_is_read() -> None:
    began = time.process_time()
    before, memory_bytes = read_processes([os.getpid()])
    while time.process_time() - began < 0.1:
        pass
    after, _ = read_processes([os.getpid()])
    assert 0.05 <= after - before <= 1.0
    assert memory_bytes > 10_000_000


def test_no_process_costs_nothing() -> None:
    assert read_processes([]) == (0.0, 0)


def test_an_unknown_process_is_named() -> None:
    with pytest.raises(EnvironmentFault, match="process-unknown pid=4194999"):
        read_processes([4_194_999])
