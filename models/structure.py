"""Checks that a file holds a network that greenless can run: ONNX by its inputs and outputs, else by its tensors."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from models.errors import WeightsError
from models.extras import how_to_add


def check_structure(path: Path) -> None:
    """Check the file by opening it.

    Raises:
        WeightsError: it is damaged, holds another network, or is a checkpoint and PyTorch is not installed.
    """
    if path.suffix == ".onnx":
        check_onnx(path)
        return
    with torch_needed(path):
        from models.checkpoint import load_network

        load_network(path)


@contextmanager
def torch_needed(path: Path) -> Iterator[None]:
    """Turn a missing package of the extra ``torch`` into a ``WeightsError`` that says how to install it."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise WeightsError(
            f"{path} is a PyTorch checkpoint, and the package {error.name} is not installed",
            cure=f"{how_to_add('torch')}, or use weights in ONNX",
        ) from error


@dataclass(frozen=True, kw_only=True)
class Signature:
    """The input and the output of an ONNX file."""

    input_name: str
    output_name: str
    shape: tuple[int | str | None, ...]
    """N, 3, H, W of the input: each a number, or the name of a free dimension (None if unnamed)."""


def check_onnx(path: Path) -> Signature:
    """Check an ONNX file of any name by opening it, and return its input and output.

    Raises:
        WeightsError: it is damaged, or holds another kind of network; the message shows its inputs and outputs.
    """
    from models.onnx_session import cpu_session, inspect_options

    try:
        session = cpu_session(path, inspect_options())
    except Exception as error:  # ONNX Runtime's own errors share no narrower base
        raise WeightsError(
            f"{path} is damaged or not an ONNX file: {str(error).partition(chr(10))[0]}",
            cure="Check the file: greenless weights verify",
        ) from error
    ends = [*session.get_inputs(), *session.get_outputs()]
    fits = [(end.type, len(end.shape)) for end in ends] == [("tensor(float)", 4)] * 2
    # A free dimension has a name instead of a number.
    if not fits or any(
        isinstance(side, int) and side != expected
        for side, expected in zip((*ends[0].shape[:2], ends[1].shape[1]), (1, 3, 1), strict=True)
    ):
        shown = ", ".join(f"{end.name} {tuple(end.shape)} {end.type.removeprefix('tensor')}" for end in ends)
        raise another_network(path, shown)
    return Signature(input_name=ends[0].name, output_name=ends[1].name, shape=tuple(ends[0].shape))


def another_network(path: Path, found: str) -> WeightsError:
    """Return the error for a file that is no matting network; ``found`` names its inputs and outputs."""
    return WeightsError(
        f"{path} is not a matting network: expected (N, 3, H, W) float to (N, 1, H, W) float, found {found}",
        cure=f"Describe its inputs and outputs in {path.with_suffix('.toml')} (see docs/networks.md), "
        "or choose other weights: greenless weights list",
    )


def check_alone(copy: Path, path: Path) -> None:
    """Refuse a network that does not open from ``copy``, because some keep their weights in a file beside ``path``.

    Raises:
        WeightsError: the copy does not open, or holds another kind of network.
    """
    try:
        check_onnx(copy)
    except WeightsError as error:
        raise WeightsError(
            f"{path} keeps its weights in another file beside it, so it cannot be copied alone",
            cure=f"Save it as one file, or use it from its folder: --weights {path}",
        ) from error
