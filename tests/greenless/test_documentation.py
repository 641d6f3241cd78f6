"""docs/python.md: its examples run, and it names all that is public."""

import re
from pathlib import Path

import av
import numpy as np
import pytest

import greenless
from realtime.offline import matting as implementation
from tests.greenless.conftest import Array, encoded

DOCS = Path(__file__).resolve().parents[2] / "docs" / "python.md"


def examples() -> list[str]:
    return re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("example", examples(), ids=range(len(examples())))
def test_the_examples_run(example: str, person: Array, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("portrait.png").write_bytes(encoded(person))
    Path("beach.png").write_bytes(encoded(np.full((40, 90, 3), 200, np.uint8)))
    with av.open("clip.mp4", "w") as clip:
        stream = clip.add_stream("libx264", rate=15)
        stream.height, stream.width = person.shape[:2]
        for frame in [person] * 3:
            clip.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        clip.mux(stream.encode(None))
    exec(compile(example, str(DOCS), "exec"), {})


def test_the_documentation_names_all_that_is_public() -> None:
    text = DOCS.read_text(encoding="utf-8")
    for name in (*greenless.__all__, *(name for name in vars(greenless.Matting) if not name.startswith("_"))):
        assert name in text or name in ("__version__", "name"), name
    arguments = implementation.Matting.__init__.__kwdefaults__ or {}
    assert all(f"`{name}`" in text for name in arguments)
