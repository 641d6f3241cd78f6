"""Tells whether a file holds a network that greenless can run: ONNX by its ends, a checkpoint by its tensors."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models.errors import WeightsError


def check_structure(path: Path) -> None:
    """Open ``path`` and look.

    Raises:
        WeightsError: it is damaged, of another network, or a checkpoint on a machine without PyTorch.
    """
    if path.suffix == ".onnx":
        check_onnx(path)
        return
    with torch_needed(path):
        from models.checkpoint import load_network

        load_network(path)


@contextmanager
def torch_needed(path: Path) -> Iterator[None]:
    """Turn a missing package of the extra ``torch`` into a ``WeightsError`` that says how to get it."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise WeightsError(
            f"{path} is a PyTorch checkpoint, and the package {error.name} is not installed",
            cure="Install it with: pip install 'greenless[torch]', or use weights in ONNX",
        ) from error


def check_onnx(path: Path) -> None:
    """Open an ONNX file, whatever it is called, and look.

    Raises:
        WeightsError: it is damaged, or holds another kind of network.
    """
    from models.onnx_session import cpu_session, inspect_options

    try:
        session = cpu_session(path, inspect_options())
    except Exception as error:  # ONNX Runtime's own errors share no narrower base
        raise WeightsError(f"{path} is damaged or no ONNX file: {str(error).partition(chr(10))[0]}") from error
    ends = [*session.get_inputs(), *session.get_outputs()]
    found = [(end.type, len(end.shape), end.shape[1] if len(end.shape) == 4 else None) for end in ends]
    expected = [("tensor(float)", 4, 3), ("tensor(float)", 4, 1)]
    # A channel count may be left open (a name instead of a number).
    fits = len(found) == 2 and all(
        got[:2] == want[:2] and (got[2] == want[2] or not isinstance(got[2], int))
        for got, want in zip(found, expected, strict=True)
    )
    if not fits:
        shown = ", ".join(f"{end.name} {tuple(end.shape)} {end.type.removeprefix('tensor')}" for end in ends)
        raise WeightsError(
            f"{path} is no matting network: expected (N, 3, H, W) float to (N, 1, H, W) float, found {shown}"
        )


def check_alone(copy: Path, path: Path) -> None:
    """Refuse a network that does not run from a ``copy`` of ``path``: the weights of some lie in a file beside it.

    Raises:
        WeightsError: it does not, or holds another kind of network.
    """
    try:
        check_onnx(copy)
    except WeightsError as error:
        raise WeightsError(
            f"{path} keeps its weights in another file beside it, so it cannot be copied alone",
            cure=f"Save it as one file, or name it where it is: --weights {path}",
        ) from error
