"""What every sink keeps to, whatever it shows or writes."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from realtime.frame import Composite
from realtime.sinks import open_sink
from realtime.sinks.base import Sink
from tests.realtime.sinks.streaming.rtmp_server import RtmpServer

MakeComposite = Callable[..., Composite]
SPECS: list[Any] = ["null", "overlay", "preview", "virtual-camera", "virtual-camera:/dev/video10", "{}/pictures/"]
SPECS += [pytest.param("rtmp", marks=pytest.mark.slow)]
SPECS += [f"{{}}/film{suffix}" for suffix in (".mp4", ".mkv", ".webm", ".mov", ".MP4")]


@pytest.mark.usefixtures("virtual_camera", "windows", "no_part_left")
@pytest.mark.parametrize("spec", SPECS)
class TestEverySink:
    @pytest.fixture(autouse=True)
    def _on_linux(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "platform", "linux")

    @pytest.fixture(params=[False, True], ids=["whole", "live"])
    def sink(self, spec: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Sink]:
        server = RtmpServer() if spec == "rtmp" else None
        spec = f"{server.url}/key" if server else spec.format(tmp_path)
        yield open_sink(spec, width_px=64, height_px=48, fps=30, live=request.param)
        if server:
            server.close()

    def test_has_a_name_for_people(self, sink: Sink) -> None:
        with sink:
            assert len(sink.name) > 3

    def test_takes_composites_of_any_kind_and_leaves_them_alone(
        self, sink: Sink, make_composite: MakeComposite
    ) -> None:
        with sink:  # the arrays are read-only: writing into them would raise
            for index in range(4):
                sink.send(make_composite(index, transparent=index % 2 == 1))

    def test_takes_composites_of_another_size(self, sink: Sink, make_composite: MakeComposite) -> None:
        with sink:
            for index, (width_px, height_px) in enumerate(((64, 48), (128, 48), (33, 77), (1, 1))):
                sink.send(make_composite(index, width_px=width_px, height_px=height_px))

    def test_takes_times_that_stand_still_or_go_back(self, sink: Sink, make_composite: MakeComposite) -> None:
        with sink:
            for index, captured_s in enumerate((5.0, 5.0, 4.0, 6.0)):
                sink.send(make_composite(index, captured_s=captured_s))

    def test_closes_twice_and_without_a_composite(self, sink: Sink) -> None:
        sink.close()
        sink.close()

    def test_closes_at_the_end_of_with(self, sink: Sink, make_composite: MakeComposite) -> None:
        with sink as entered:
            assert entered is sink
            sink.send(make_composite())
        sink.close()
