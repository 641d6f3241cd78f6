"""ONNX Runtime's providers: lists them, and opens a session that really runs on the requested one.

ONNX Runtime lists a provider if the wheel contains its library, and silently falls back to the CPU if that library
cannot be loaded (no driver, no CUDA libraries). So the requested provider is compared with the one of the session.
"""

import contextlib
import io
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import onnxruntime  # type: ignore[import-untyped]

from models.files import digest
from models.home import cache_folder, made
from realtime.errors import MatterError
from realtime.matting.runtimes.batches import Shape

log = logging.getLogger("greenless")

PROVIDERS = {
    "tensorrt": "TensorrtExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "cpu": "CPUExecutionProvider",
}
"""The names in the settings, best first, with ONNX Runtime's names."""

LABELS = {"tensorrt": "TensorRT", "cuda": "CUDA", "coreml": "CoreML", "cpu": "CPU"}
"""The names for people."""

_AUTO = "Set --provider auto"
CURES = {
    "tensorrt": "Install TensorRT beside the CUDA libraries (pip install tensorrt), or set --provider auto",
    "cuda": "In the folder of greenless, pip install '.[cuda]', look with: greenless doctor, or set --provider auto",
    "coreml": "CoreML is available only on macOS: set --provider auto",
    "cpu": "Run: greenless doctor",
}

WAYS: dict[str, tuple[dict[str, str], ...]] = {
    "tensorrt": ({"trt_fp16_enable": "1", "trt_cuda_graph_enable": "1"}, {"trt_fp16_enable": "1"}, {}),
    "cuda": ({"enable_cuda_graph": "1"}, {}),
}
"""Provider options of a session of one shape with buffers in GPU memory: fastest first, each a fallback for the one
before. CUDA keeps its defaults: in float32 it multiplies in TF32 and tries all convolutions of cuDNN. Whether
``prefer_nhwc`` is faster has not been measured.
"""

MAKING = threading.Lock()
"""Held while a session opens on a GPU or captures a CUDA graph: an opening session would spoil the capture."""


def available() -> list[str]:
    """Return the providers of this ONNX Runtime, best first. One of them may still lack its driver or libraries."""
    listed = onnxruntime.get_available_providers()
    return [name for name, provider in PROVIDERS.items() if provider in listed]


def open_session(
    model: str, options: onnxruntime.SessionOptions, wanted: str, shape: Shape | None = None, way: int = 0
) -> tuple[onnxruntime.InferenceSession, str]:
    """Open a session; return it and its provider: the requested one, or for ``auto`` the best that works.

    Args:
        model: path of an ONNX file.
        options: how the session is made.
        wanted: ``auto`` or a key of ``PROVIDERS``.
        shape: of the input, where it and the memory stay, as the ``WAYS`` demand; else None.
        way: the first of the ``WAYS`` to try.

    Raises:
        realtime.errors.MatterError: the provider is unknown or unavailable, or the file is damaged.
    """
    *better, last = available() if wanted == "auto" else [wanted]
    for name in better:
        try:
            return _open(model, options, name, shape, way), name
        except MatterError as error:
            log.debug("auto tries the next provider: %s", error.what)
    return _open(model, options, last, shape, way), last


def _open(
    model: str, options: onnxruntime.SessionOptions, name: str, shape: Shape | None, way: int
) -> onnxruntime.InferenceSession:
    """Open a session on exactly this provider, or raise an error."""
    there = available()
    if name not in there:
        raise _unavailable(name, "the installed ONNX Runtime does not contain it")
    chain = ["tensorrt", "cuda", "cpu"] if name == "tensorrt" else [name, "cpu"]
    ways = WAYS.get(name, ({},)) if shape else ({},)
    engines = _engines_folder(model, shape) if name == "tensorrt" else None
    extras = (_engine_cache(engines) if engines else {}) | ways[way]
    providers = [(PROVIDERS[link], extras if link == name else {}) for link in dict.fromkeys(chain) if link in there]
    said = io.StringIO()
    try:
        with contextlib.nullcontext() if name == "cpu" else _quiet(said):
            if name in ("tensorrt", "cuda"):
                onnxruntime.preload_dlls()
            session = onnxruntime.InferenceSession(model, options, providers=providers, enable_fallback=0)
    except Exception as error:  # ONNX Runtime's own errors share no narrower base
        if way + 1 < len(ways):
            log.debug("%s refuses %s: %s", LABELS[name], ways[way], first_line(error))
            return _open(model, options, name, shape, way + 1)
        _unused(engines)
        if name == "cpu":
            raise MatterError(
                f"ONNX Runtime cannot load {model}: {first_line(error)}",
                cure="Check the file: greenless weights verify",
            ) from error
        raise _unavailable(name, first_line(error)) from error
    if session.get_providers()[0] != PROVIDERS[name]:
        _unused(engines)
        raise _unavailable(name, said.getvalue().partition("\n")[0] or "its libraries cannot be loaded")
    return session


def _engines_folder(model: str, shape: Shape | None) -> Path | None:
    """Create and return the cache folder for TensorRT's engines; None if it cannot be created.

    TensorRT finds an engine by the names in its network, not by weights or sizes: so each file and shape has a folder.
    """
    return made(cache_folder() / "tensorrt" / "-".join([digest(Path(model))[:16], *map(str, shape or ())]))


def _engine_cache(engines: Path) -> dict[str, str]:
    """Options that cache the engines on disk, because TensorRT takes minutes to build one."""
    return {
        "trt_engine_cache_enable": "1",
        "trt_engine_cache_path": str(engines),
        "trt_timing_cache_enable": "1",
        "trt_timing_cache_path": str(engines.parent),
    }


def _unused(engines: Path | None) -> None:
    """Remove the empty folders that ``_engines_folder`` created, because TensorRT does not work here."""
    with contextlib.suppress(OSError):
        for folder in (engines, engines.parent, engines.parent.parent) if engines else ():
            folder.rmdir()


def first_line(error: Exception) -> str:
    """Return the message of an ONNX Runtime error without the native stack trace."""
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _unavailable(name: str, why: str) -> MatterError:
    others = ", ".join(LABELS[other] for other in available() if other != name)
    return MatterError(
        f"ONNX Runtime cannot run on {LABELS.get(name, name)}: {why} (listed: {others})", cure=CURES.get(name, _AUTO)
    )


@contextlib.contextmanager
def _quiet(said: io.StringIO) -> Iterator[None]:
    """Capture what ONNX Runtime prints if a library is missing: standard output belongs to the command line.

    This also captures the output of other threads, so it is not used on the CPU, where sessions open during a run.
    """
    with MAKING:
        onnxruntime.set_default_logger_severity(4)
        try:
            with contextlib.redirect_stdout(said):
                yield
        finally:
            onnxruntime.set_default_logger_severity(2)
