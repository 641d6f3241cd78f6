"""One thread for torch: its pool spins on machines that others keep busy, and the tests' tensors are small."""

import sys

import pytest


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
