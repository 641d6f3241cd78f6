"""The options of every ONNX Runtime session, and sessions on the CPU. Import it late: ONNX Runtime is slow to load."""

from collections.abc import Mapping
from pathlib import Path

import onnxruntime  # type: ignore[import-untyped]


def run_options(threads: int = 0, free_dimensions: Mapping[str, int] | None = None) -> onnxruntime.SessionOptions:
    """Return the options of a session that runs image after image.

    Args:
        threads: CPU threads; 0 lets ONNX Runtime use one thread per core.
        free_dimensions: a size for each named free dimension that the session fixes.
    """
    options = _options(severity=3)
    options.intra_op_num_threads = threads
    # Both save CPU time (measured): no core spins between frames, and denormal activations cost no more than others.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    for name, size in (free_dimensions or {}).items():
        options.add_free_dimension_override_by_name(name, size)
    return options


def inspect_options() -> onnxruntime.SessionOptions:
    """Return the options of a session that only reads a file's inputs and outputs: fast to open, silent."""
    options = _options(severity=4)
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return options


def fold_options(output: Path) -> onnxruntime.SessionOptions:
    """Return the options of a session that folds constants as it opens, and writes the result to ``output``."""
    options = _options(severity=3)
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(output)
    return options


def cpu_session(model: Path | bytes, options: onnxruntime.SessionOptions) -> onnxruntime.InferenceSession:
    """Open ``model``, a file or its bytes, on the CPU. ONNX Runtime's errors share no base class but ``Exception``."""
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _options(severity: int) -> onnxruntime.SessionOptions:
    """Options that log from ``severity`` up: 3 logs errors, 4 only fatal ones."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = severity
    return options
