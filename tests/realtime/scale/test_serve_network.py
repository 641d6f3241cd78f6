"""A replica answers each request of a batch, and a bad one spoils no other. Its methods run here, without Ray."""

import numpy as np
import pytest

from realtime.errors import MatterError
from realtime.frame import CoarseMatte
from realtime.matting.runtimes import remote_wire
from realtime.matting.runtimes.remote_wire import Kind
from realtime.scale import serve_network
from realtime.scale.serve_network import FAILS, Network, NetworkOptions, StandIn
from realtime.settings.schema import MattingSettings

SIZE = (512, 288)
LARGEST_PX = 640 * 1024


class Counting(StandIn):
    """Notes the size of each run."""

    def __init__(self, fails: bool = False) -> None:
        super().__init__(0.0)
        self.runs: list[tuple[int, tuple[int, int]]] = []
        self.fails = fails

    def matte_batch(self, frames, size_px=None) -> list[CoarseMatte]:
        self.runs.append((len(frames), size_px))
        if self.fails:
            raise MatterError("no memory")
        return super().matte_batch(frames, size_px)


def replica(batch: int = 8, *, fails: bool = False) -> tuple[Network, Counting]:
    network = Network.__new__(Network)  # the constructor wants Ray Serve
    network._options = NetworkOptions(matting=MattingSettings(), largest_px=LARGEST_PX, batch=batch)
    network._batched_size = SIZE if batch > 1 else None
    network._failures, network._busy_since_s = 0, None
    matter = Counting(fails)
    network._matter = matter
    return network, matter


def asked(grey: int, size: tuple[int, int] = SIZE) -> bytes:
    return remote_wire.request(grey, np.full((size[1], size[0], 3), grey, np.uint8), "lossless")


def greys(answers: list[bytes]) -> list[int | str]:
    found: list[int | str] = []
    for message in answers:
        number, alpha = remote_wire.answer_of(message)
        if isinstance(alpha, str):
            found.append(alpha)
        else:
            assert (np.rint(alpha * 255) == number).all()
            found.append(number)
    return found


def test_each_answer_belongs_to_its_request() -> None:
    network, matter = replica()
    sizes = [SIZE, (384, 288), SIZE, SIZE, (384, 288)]
    answers = network.answers([asked(10 * place, size) for place, size in enumerate(sizes)])
    assert greys(answers) == [0, 10, 20, 30, 40]
    assert matter.runs == [(8, SIZE), (1, (384, 288)), (1, (384, 288))]


@pytest.mark.parametrize(("batch", "count", "runs"), [(8, 1, [1]), (8, 2, [8]), (8, 8, [8]), (1, 1, [1])])
def test_a_run_has_one_frame_or_a_whole_batch(batch: int, count: int, runs: list[int]) -> None:
    """Each number of frames has a session of its own, and a matter keeps few of them."""
    network, matter = replica(batch)
    assert greys(network.answers([asked(grey) for grey in range(count)])) == list(range(count))
    assert [frames for frames, _ in matter.runs] == runs


def test_a_bad_frame_spoils_only_its_own_answer() -> None:
    network, _ = replica()
    answers = network.answers([asked(1), asked(2)[:80], asked(3)])
    assert [remote_wire.answer_head(answer)[1] for answer in answers] == [Kind.MATTE, Kind.INVALID, Kind.MATTE]
    assert greys([answers[0], answers[2]]) == [1, 3]


def test_a_network_that_fails_again_and_again_is_not_healthy() -> None:
    network, matter = replica(fails=True)
    for _ in range(FAILS - 1):
        assert greys(network.answers([asked(1)])) == ["no memory"]
        network.check_health()
    network.answers([asked(1)])
    with pytest.raises(RuntimeError, match="one after another"):
        network.check_health()
    matter.fails = False
    network.answers([asked(1)])
    network.check_health()


def test_a_network_that_hangs_is_not_healthy(monkeypatch: pytest.MonkeyPatch) -> None:
    network, _ = replica()
    network._busy_since_s = 100.0
    monkeypatch.setattr(serve_network.time, "monotonic", lambda: 100.0 + serve_network.HANGS_AFTER_S + 1)
    with pytest.raises(RuntimeError, match="one batch"):
        network.check_health()
