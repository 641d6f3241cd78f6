"""Downloads a file over HTTP: complete and verified, or not at all. An interrupted download starts from zero again.

requests does the transfer. pooch would add a dependency for what is left, and raises errors without a next step.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from models.errors import WeightsError
from models.files import replacing
from models.waiting import Progress

if TYPE_CHECKING:
    from requests import RequestException

_CHUNK_BYTES = 1 << 16
_TIMEOUT_S = 30


def download(url: str, path: Path, *, check: Callable[[Path], None], progress: Progress | None = None) -> None:
    """Download ``url`` to ``path``, and replace an existing file.

    Args:
        url: redirects are followed.
        path: its folder is created if it is missing.
        check: raises if the downloaded temporary file is wrong.
        progress: called after every chunk with the received and the total bytes.

    Raises:
        WeightsError: no connection, no such file, a lost connection, a full disk, or an error from ``check``.
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
            raise WeightsError(f"cannot download {url}: {_reason(error, url)}", cure=_by_hand(url)) from error
        check(part)


def _reason(error: "RequestException", url: str) -> str:
    from requests import exceptions

    match error:
        case exceptions.SSLError():
            return f"the certificate of the server is not trusted ({error})"
        case exceptions.ChunkedEncodingError():
            return "the connection was lost"
        case exceptions.ConnectionError():
            return f"no connection to {urlsplit(url).netloc} (offline, or HTTPS_PROXY does not name your proxy)"
    return str(error)


def _by_hand(url: str) -> str:
    name = urlsplit(url).path.rpartition("/")[2]
    return f"Try again, or download it by other means and import it: greenless weights import {name}"
