"""Fetches a file over HTTP: whole and right, or not at all. A cut download starts afresh the next time."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from models.errors import WeightsError
from models.files import replacing

if TYPE_CHECKING:
    from requests import RequestException

Progress = Callable[[int, int], None]
"""Is told the bytes that are there and the bytes to come to (0: the server does not say), after every chunk."""

_CHUNK_BYTES = 1 << 16
_TIMEOUT_S = 30


def download(url: str, path: Path, *, check: Callable[[Path], None], progress: Progress | None = None) -> None:
    """Fetch ``url`` to ``path``, replacing what stood there.

    Args:
        url: redirects are followed.
        path: its folder is made if need be.
        check: raises if the file that it is given, a temporary one, is not the right one.
        progress: is told how far it is.

    Raises:
        WeightsError: no connection, no such file there, a cut connection, a full disk, or whatever ``check`` raises.
    """
    import requests

    with replacing(path) as part:
        try:
            with requests.get(url, stream=True, timeout=_TIMEOUT_S) as response, open(part, "wb") as file:
                response.raise_for_status()
                total = int(response.headers.get("Content-Length", 0))
                done = 0
                for chunk in response.iter_content(_CHUNK_BYTES):
                    done += file.write(chunk)
                    if progress:
                        progress(done, total)
        except requests.RequestException as error:
            raise WeightsError(f"cannot fetch {url}: {_reason(error, url)}", cure=_by_hand(url)) from error
        check(part)


def _reason(error: "RequestException", url: str) -> str:
    from requests import exceptions

    match error:
        case exceptions.HTTPError(response=response) if response is not None:
            return f"the server answers {response.status_code} {response.reason}"
        case exceptions.Timeout():
            return f"no answer within {_TIMEOUT_S} s"
        case exceptions.SSLError():
            return f"the server cannot be trusted ({error})"
        case exceptions.ChunkedEncodingError():
            return "the connection was cut"
        case exceptions.ConnectionError():
            return (
                f"no connection to {urlsplit(url).netloc} (offline, or behind a proxy that HTTPS_PROXY does not name)"
            )
    return str(error)


def _by_hand(url: str) -> str:
    name = urlsplit(url).path.rpartition("/")[2]
    return f"Try again, or fetch it by other means and place it: greenless weights import {name}"
