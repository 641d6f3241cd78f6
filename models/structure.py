"""Checks that a file holds a network that greenless can run: ONNX by its inputs and outputs, else by its tensors."""

from collections.abc import Iterator
from contextlib import contextmanager
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


def check_onnx(path: Path) -> None:
    """Check an ONNX file of any name by opening it.

    Raises:
        WeightsError: it is damaged, or holds another kind of network.
    """
    from models.onnx_session import cpu_session, inspect_options

    try:
        session = cpu_session(path, inspect_options())
    except Exception as error:  # ONNX Runtime's own errors share no narrower base
        raise WeightsError(f"{path} is damaged or not an ONNX file: {str(error).partition(chr(10))[0]}") from error
    ends = [*session.get_inputs(), *session.get_outputs()]
    found = [(end.type, len(end.shape), end.shape[1] if len(end.shape) == 4 else None) for end in ends]
    expected = [("tensor(float)", 4, 3), ("tensor(float)", 4, 1)]
    # A free channel count has a name instead of a number.
    fits = len(found) == 2 and all(
        got[:2] == want[:2] and (got[2] == want[2] or not isinstance(got[2], int))
        for got, want in zip(found, expected, strict=True)
    )
    if not fits:
        shown = ", ".join(f"{end.name} {tuple(end.shape)} {end.type.removeprefix('tensor')}" for end in ends)
        raise WeightsError(
            f"{path} is not a matting network: expected (N, 3, H, W) float to (N, 1, H, W) float, found {shown}"
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
