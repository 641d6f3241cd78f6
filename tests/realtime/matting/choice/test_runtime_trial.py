"""Fake matters on a fake clock: each way to run a network takes as long as the test says."""

import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest

from realtime.errors import MatterError
from realtime.frame import CoarseMatte, Frame
from realtime.matting.choice import runtime_trial as module
from realtime.matting.choice.runtime_choice import Choice
from realtime.matting.choice.runtime_trial import ROUNDS, RuntimeTrial
from tests.realtime.matting.machine import Machine, Running

FRAME = Frame(pixels=np.zeros((64, 96, 3), np.uint8), index=0, captured_s=0.0)
OPENVINO, INT8, FLOAT = ("openvino", "int8"), ("onnx", "int8"), ("onnx", "float32")
WAYS = (OPENVINO, INT8, FLOAT)
FEWER = {(*OPENVINO, 1): 20.0, (*OPENVINO, 2): 11.0}


@pytest.fixture(autouse=True)
def four_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "cores", lambda: 4)
    monkeypatch.setattr(module, "BEGINS_AFTER", 3)


@pytest.fixture
def noted() -> list[Choice]:
    return []


@pytest.fixture
def hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits for the networks that are being opened, so that every test has the same course."""
    began = threading.Thread.start

    def start(self: threading.Thread) -> None:
        began(self)
        if self.name == "runtime trial":
            self.join()

    monkeypatch.setattr(threading.Thread, "start", start)


def opened(machine: Machine, noted: list[Choice], monkeypatch: pytest.MonkeyPatch, **arguments: object) -> RuntimeTrial:
    monkeypatch.setattr(module, "time", machine)
    monkeypatch.setattr(module, "_machine_s", machine.machine_s)
    monkeypatch.setattr(module, "os", SimpleNamespace(cpu_count=lambda: 1))
    ways = [Choice(runtime=runtime, precision=precision, threads=4) for runtime, precision in WAYS]
    made = {"any_threads": True, "open_matter": machine.open, "note": noted.append, "frame": FRAME, "at_once": True}
    return RuntimeTrial(ways, **{**made, **arguments})


def settle(trial: RuntimeTrial) -> None:
    while not trial.settled:
        trial.matte_batch([FRAME])


def test_the_fastest_is_chosen_and_the_others_are_closed(hold, noted, monkeypatch):
    machine = Machine({(*FLOAT, 4): 20, (*INT8, 4): 15, (*OPENVINO, 4): 8} | FEWER)
    trial = opened(machine, noted, monkeypatch)
    settle(trial)
    [found] = noted
    assert (found.runtime, found.precision, found.threads) == (*OPENVINO, 4)
    assert (found.ms, found.busy) == (pytest.approx(8), False)
    assert sorted(machine.closed) == sorted(set(machine.opened) - {(*OPENVINO, 4)})
    assert trial.name == "openvino int8 4"
    trial.close()
    assert sorted(machine.closed) == sorted(machine.opened)


def test_the_likeliest_gives_the_first_mattes_and_then_all_alternate(hold, noted, monkeypatch):
    ms = {(*OPENVINO, 4): 8.0, (*INT8, 4): 5.0, (*FLOAT, 4): 9.0}
    trial = opened(Machine(ms), noted, monkeypatch, any_threads=False)
    came = []
    while not trial.settled:
        [matte] = trial.matte_batch([FRAME])
        assert matte.frame is FRAME
        came.append(float(matte.alpha[0, 0]))
    assert came == [8.0] * 4 + [8.0, 5.0, 9.0] * ROUNDS
    assert trial.matte_batch([FRAME])[0].alpha[0, 0] == 5


def test_nothing_waits_for_a_network_that_is_being_opened(noted, monkeypatch):
    machine, go = Machine({(*OPENVINO, 4): 8.0, (*INT8, 4): 5.0}), threading.Event()

    def slow(choice: Choice) -> Running:
        if choice.runtime == "onnx":
            assert go.wait(60)
        return machine.open(choice)

    trial = opened(machine, noted, monkeypatch, any_threads=False, open_matter=slow)
    assert {float(trial.matte_batch([FRAME])[0].alpha[0, 0]) for _ in range(100)} == {8.0}
    go.set()
    settle(trial)
    assert noted[0].precision == "int8"


def test_it_can_be_closed_while_a_network_is_being_opened(noted, monkeypatch):
    machine, begun = Machine({(*OPENVINO, 4): 8.0, (*INT8, 4): 5.0, (*FLOAT, 4): 9.0}), threading.Event()

    def slow(choice: Choice) -> Running:
        if choice.runtime == "onnx":
            begun.set()
            assert trial._closed.wait(60)
        return machine.open(choice)

    trial = opened(machine, noted, monkeypatch, open_matter=slow)
    while not begun.is_set():
        trial.matte_batch([FRAME])
    trial.close()
    assert machine.opened == [(*OPENVINO, 4), (*INT8, 4)]
    assert sorted(machine.closed) == sorted(machine.opened)
    assert noted == []
    trial.close()


@pytest.mark.parametrize("busy", range(1, 12))
def test_a_busy_moment_does_not_decide(hold, noted, monkeypatch, busy):
    ms = {(*FLOAT, 4): 8, (*INT8, 4): 15, (*OPENVINO, 4): 20, (*FLOAT, 1): 20, (*FLOAT, 2): 11}
    trial = opened(Machine(ms, busy=busy), noted, monkeypatch)
    settle(trial)
    assert (noted[0].runtime, noted[0].precision, noted[0].threads, noted[0].ms) == (*FLOAT, 4, pytest.approx(8))


def test_fewer_threads_are_taken_where_more_gain_little(hold, noted, monkeypatch):
    trial = opened(Machine({(*OPENVINO, 4): 10.0, (*OPENVINO, 2): 10.9, (*OPENVINO, 1): 11.1}), noted, monkeypatch)
    settle(trial)
    assert noted[0].threads == 2


def test_the_threads_of_the_settings_stay(hold, noted, monkeypatch):
    machine = Machine({(*OPENVINO, 4): 8.0} | FEWER)
    settle(opened(machine, noted, monkeypatch, any_threads=False))
    assert noted[0].threads == 4
    assert {threads for *_, threads in machine.opened} == {4}


def test_what_cannot_be_had_is_passed_over(hold, noted, monkeypatch):
    trial = opened(Machine({(*FLOAT, count): 9.0 for count in (1, 2, 4)}), noted, monkeypatch)
    assert trial.name == "onnx float32 4"
    settle(trial)
    assert (noted[0].runtime, noted[0].precision, noted[0].threads) == (*FLOAT, 1)
    with pytest.raises(MatterError, match="no openvino int8"):  # the reason of the likeliest
        opened(Machine({}), noted, monkeypatch)


def test_what_fails_in_its_turn_costs_no_matte(hold, noted, monkeypatch):
    machine = Machine({(*OPENVINO, 4): 8.0, (*INT8, 4): 5.0})
    machine.failing = {(*INT8, 4)}
    trial = opened(machine, noted, monkeypatch, any_threads=False)
    while not trial.settled:
        assert trial.matte_batch([FRAME])[0].alpha[0, 0] == 8
    assert noted[0].runtime == "openvino"


def test_the_lead_that_fails_is_an_error(hold, noted, monkeypatch):
    machine = Machine({(*OPENVINO, 4): 8.0})
    machine.failing = {(*OPENVINO, 4)}
    with pytest.raises(MatterError, match="openvino int8 4 fails"):
        opened(machine, noted, monkeypatch).matte_batch([FRAME])


def test_one_that_is_far_behind_runs_only_twice(hold, noted, monkeypatch):
    trial = opened(Machine({(*OPENVINO, 4): 8.0, (*FLOAT, 4): 17.0}), noted, monkeypatch, any_threads=False)
    came = []
    while not trial.settled:
        came += [float(matte.alpha[0, 0]) for matte in trial.matte_batch([FRAME])]
    assert came.count(17) == 2
    assert noted[0].precision == "int8"


def test_one_that_failed_once_is_out(hold, noted, monkeypatch):
    machine = Machine({(*OPENVINO, 4): 8.0, (*INT8, 4): 5.0})
    trial = opened(machine, noted, monkeypatch, any_threads=False)
    while not trial.settled:
        machine.failing = {(*INT8, 4)} if machine.now_s > 0.1 else set()
        assert trial.matte_batch([FRAME])
    assert noted[0].runtime == "openvino"


def test_a_frame_of_another_size_does_not_count_for_the_trial(hold, noted, monkeypatch):
    trial = opened(Machine({(*OPENVINO, 4): 8.0, (*INT8, 4): 5.0}), noted, monkeypatch, any_threads=False)
    for _ in range(100):
        [matte] = trial.matte_batch([FRAME], (64, 32))
        assert matte.alpha.shape == (32, 64)
        assert matte.alpha[0, 0] == 8
    assert not trial.settled


def test_what_several_threads_bring_is_counted_for_the_way_it_went(noted, monkeypatch):
    """On the system's clock: the slow way never wins, whoever asks in the middle of its turns."""
    seconds = {OPENVINO: 0.02, INT8: 0.001}

    class Sleeping(Running):
        def matte_batch(self, frames: list[Frame], size_px: tuple[int, int] | None = None) -> list[CoarseMatte]:
            time.sleep(seconds[self.kind[:2]])
            return [CoarseMatte(alpha=np.zeros((2, 2), np.float32), frame=frame) for frame in frames]

    def sleeping(choice: Choice) -> Sleeping:
        if choice.precision == "float32":
            raise MatterError("no float32")
        return Sleeping(Machine({}), (choice.runtime, choice.precision, choice.threads))

    ways = [Choice(runtime=runtime, precision=precision, threads=4) for runtime, precision in WAYS]
    trial = RuntimeTrial(
        ways, any_threads=False, open_matter=sleeping, note=noted.append, frame=FRAME, at_once=True
    )  # fmt: skip
    others = [threading.Thread(target=settle, args=[trial]) for _ in range(3)]
    for other in others:
        other.start()
    settle(trial)
    for other in others:
        other.join(60)
    assert [choice.precision for choice in noted] == ["int8"]
    assert trial.name.startswith("onnx int8")


def test_without_haste_the_choice_is_made_at_once(noted, monkeypatch):
    machine = Machine({(*OPENVINO, 4): 8.0, (*INT8, 4): 5.0, (*INT8, 1): 6.0})
    trial = opened(machine, noted, monkeypatch, at_once=False)
    assert trial.settled
    assert (noted[0].precision, noted[0].threads) == ("int8", 4)
    machine.failing = {(*OPENVINO, 4)}
    machine.closed.clear()
    with pytest.raises(MatterError, match="openvino int8 4 fails"):
        opened(machine, noted, monkeypatch, at_once=False)
    assert (*OPENVINO, 4) in machine.closed


def test_without_others_only_the_first_frames_run(noted, monkeypatch):
    machine = Machine({(*FLOAT, 4): 8.0})
    assert opened(machine, noted, monkeypatch, any_threads=False, at_once=False).settled
    assert machine.now_s == pytest.approx(2 * 0.008)


def test_no_frames_are_no_turn(hold, noted, monkeypatch):
    trial = opened(Machine({(*OPENVINO, 4): 8.0, (*INT8, 4): 5.0}), noted, monkeypatch, any_threads=False)
    assert [trial.matte_batch([]) for _ in range(100)] == [[]] * 100
    assert not trial.settled


@pytest.mark.parametrize(("others_s", "busy"), [(0.1, False), (0.5, True)])
def test_it_learns_whether_other_programs_used_the_cpu(hold, noted, monkeypatch, others_s, busy):
    machine = Machine({(*OPENVINO, 4): 8.0, (*INT8, 4): 9.0} | FEWER)
    machine.others_s = others_s
    settle(opened(machine, noted, monkeypatch))
    assert noted[0].busy is busy


def test_the_systems_own_count_of_work(monkeypatch, tmp_path):
    before, start = module._machine_s(), time.process_time()
    while time.process_time() - start < 0.2:
        pass
    after = module._machine_s()
    assert after == before == 0 or after - before >= 0.1
