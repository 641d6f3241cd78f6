"""ONNX Runtime's providers: which there are, and a session on the one that was asked for, really.

ONNX Runtime lists a provider when its library lies in the wheel, and falls to the CPU without an error when that
library cannot be loaded (no driver, no CUDA libraries). So the provider asked for is compared with the one that the
session got.
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
"""The names in the settings, best first, and ONNX Runtime's names for them."""

LABELS = {"tensorrt": "TensorRT", "cuda": "CUDA", "coreml": "CoreML", "cpu": "CPU"}
"""The names for people."""

CURES = {
    "tensorrt": "Install TensorRT beside the CUDA libraries (pip install tensorrt), or set --provider auto",
    "cuda": "Try: pip install 'greenless[cuda]', look with: greenless doctor, or set --provider auto",
    "coreml": "CoreML is part of macOS only: set --provider auto",
    "cpu": "Run: greenless doctor",
}

WAYS: dict[str, tuple[dict[str, str], ...]] = {
    "tensorrt": ({"trt_fp16_enable": "1", "trt_cuda_graph_enable": "1"}, {"trt_fp16_enable": "1"}, {}),
    "cuda": ({"enable_cuda_graph": "1"}, {}),
}
"""How a session of one shape, whose in- and output stay in the GPU's memory, runs there: fastest first, each for where
the one before is refused. In float32 CUDA multiplies in TF32 and tries all of cuDNN's convolutions, as it does if not
told otherwise; that it would be faster with ``prefer_nhwc`` is not measured.
"""

MAKING = threading.Lock()
"""Held while a session is made on a GPU, and while one captures a CUDA graph, which the making of another spoils."""


def available() -> list[str]:
    """The providers in this ONNX Runtime, best first; one that is listed may still lack its driver or libraries."""
    listed = onnxruntime.get_available_providers()
    return [name for name, provider in PROVIDERS.items() if provider in listed]


def open_session(
    model: str, options: onnxruntime.SessionOptions, wanted: str, shape: Shape | None = None, way: int = 0
) -> tuple[onnxruntime.InferenceSession, str]:
    """A session and the provider it really runs on: the one asked for, or for ``auto`` the best that can be had.

    Args:
        model: path of an ONNX file.
        options: how the session is made.
        wanted: ``auto`` or a key of ``PROVIDERS``.
        shape: of the input, where it and the memory stay, as the ``WAYS`` demand; else None.
        way: the first of the ``WAYS`` to try.

    Raises:
        realtime.errors.MatterError: the provider is unknown, not installed or not to be had, or the file is damaged.
    """
    if wanted not in ("auto", *PROVIDERS):
        raise MatterError(
            f"expected a provider of ONNX Runtime (auto, {', '.join(PROVIDERS)}), got {wanted!r}",
            cure="Set --provider auto",
        )
    if wanted != "auto":
        return _open(model, options, wanted, shape, way), wanted
    *better, last = available()
    for name in better:
        try:
            return _open(model, options, name, shape, way), name
        except MatterError as error:
            log.debug("auto looks further: %s", error.what)
    return _open(model, options, last, shape, way), last


def _open(
    model: str, options: onnxruntime.SessionOptions, name: str, shape: Shape | None, way: int
) -> onnxruntime.InferenceSession:
    """A session on this very provider, or an error."""
    there = available()
    if name not in there:
        raise _not_to_be_had(name, "it is not part of the ONNX Runtime that is installed")
    chain = ["tensorrt", "cuda", "cpu"] if name == "tensorrt" else [name, "cpu"]
    ways = WAYS.get(name, ({},)) if shape else ({},)
    extras = {name: ways[way]}
    engines = _engines_folder(model, shape) if name == "tensorrt" else None
    kept = {"tensorrt": _kept_engines(engines)} if engines else {}
    providers = [
        (PROVIDERS[link], kept.get(link, {}) | extras.get(link, {})) for link in dict.fromkeys(chain) if link in there
    ]
    said = io.StringIO()
    try:
        with contextlib.nullcontext() if name == "cpu" else _quiet(said):
            if name in ("tensorrt", "cuda"):
                onnxruntime.preload_dlls()
            session = onnxruntime.InferenceSession(model, options, providers=providers, enable_fallback=0)
    except Exception as error:  # ONNX Runtime's own errors share no narrower base
        if way + 1 < len(ways):
            log.debug("%s refuses %s: %s", LABELS[name], extras[name], first_line(error))
            return _open(model, options, name, shape, way + 1)
        _unused(engines)
        if name == "cpu":
            raise MatterError(
                f"ONNX Runtime cannot load {model}: {first_line(error)}",
                cure="Check the file: greenless weights verify",
            ) from error
        raise _not_to_be_had(name, first_line(error)) from error
    if session.get_providers()[0] != PROVIDERS[name]:
        _unused(engines)
        raise _not_to_be_had(name, said.getvalue().partition("\n")[0] or "its libraries cannot be loaded")
    return session


def _engines_folder(model: str, shape: Shape | None) -> Path | None:
    """Where TensorRT keeps its engines, made because it makes no parents; None if nothing can be kept.

    It tells them apart by the names in a network, not by weights or sizes: hence a folder for each file and shape.
    """
    return made(cache_folder() / "tensorrt" / "-".join([digest(Path(model))[:16], *map(str, shape or ())]))


def _kept_engines(engines: Path) -> dict[str, str]:
    """TensorRT takes minutes to build an engine, so the engines are kept."""
    return {
        "trt_engine_cache_enable": "1",
        "trt_engine_cache_path": str(engines),
        "trt_timing_cache_enable": "1",
        "trt_timing_cache_path": str(engines.parent),
    }


def _unused(engines: Path | None) -> None:
    """Remove the folders that were made for engines, as far as they are empty: there is no TensorRT here."""
    with contextlib.suppress(OSError):
        for folder in (engines, engines.parent, engines.parent.parent) if engines else ():
            folder.rmdir()


def first_line(error: Exception) -> str:
    """What an error of ONNX Runtime says, without the native stack that follows."""
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _not_to_be_had(name: str, why: str) -> MatterError:
    others = ", ".join(LABELS[other] for other in available() if other != name)
    return MatterError(f"ONNX Runtime cannot run on {LABELS[name]}: {why} (listed: {others})", cure=CURES[name])


@contextlib.contextmanager
def _quiet(said: io.StringIO) -> Iterator[None]:
    """Catch what ONNX Runtime prints when a library is missing: standard output belongs to the command line.

    It catches what other threads print, too. So not for the processor, whose sessions are made while a run goes on.
    """
    with MAKING:
        onnxruntime.set_default_logger_severity(4)
        try:
            with contextlib.redirect_stdout(said):
                yield
        finally:
            onnxruntime.set_default_logger_severity(2)
