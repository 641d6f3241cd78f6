"""The token of a matting server, in a file that only its owner may read. Clients send it, the server compares it."""

import hmac
import os
import secrets
from pathlib import Path

from models.files import replacing
from realtime.errors import SettingsError
from realtime.settings.paths import failed_write

_TOKEN_BYTES = 32
_SHORTEST, _LONGEST = 16, 512
_ALLOWED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=")
"""The characters of a bearer token (RFC 6750)."""


_cannot_write = failed_write(SettingsError, what="the token file ", cure="Name another one: --token-file FILE")


def path_of(name: str) -> Path:
    """Return the path of a token file as the user typed it.

    Raises:
        SettingsError: it is in the home folder of an unknown user.
    """
    path = os.path.expanduser(name)
    if path.startswith("~"):
        raise SettingsError(f"the home folder in {name} is unknown", cure="Type the whole path")
    return Path(path)


def read(path: Path) -> str:
    """Return the token in a file.

    Raises:
        SettingsError: the file is missing, others can read it, or it holds no token.
    """
    try:
        with path.open(encoding="ascii", errors="replace") as file:
            if os.name == "posix" and os.fstat(file.fileno()).st_mode & 0o077:
                raise SettingsError(
                    f"other users of this machine can read the token in {path}", cure=f"Type: chmod 600 {path}"
                )
            token = file.read(_LONGEST + 2).strip()
    except FileNotFoundError as error:
        raise SettingsError(
            f"the token file {path} does not exist",
            cure="Write the token that greenless serve printed into it, or name another one: --token-file FILE",
        ) from error
    except OSError as error:
        raise SettingsError(f"cannot read the token file {path}: {error.strerror}", cure="Check the path") from error
    if not _SHORTEST <= len(token) <= _LONGEST or not set(token) <= _ALLOWED:
        raise SettingsError(
            f"expected a token of {_SHORTEST} to {_LONGEST} letters and digits in {path}, got {len(token)} characters",
            cure="Delete the file on the server, and greenless serve makes a new one",
        )
    return token


def read_or_made(path: Path) -> str:
    """Return the token in a file; make both if there is no file. Only the owner may read it.

    Raises:
        SettingsError: as for ``read``, or the file cannot be written.
    """
    if not path.exists():
        with replacing(path, private=True, keep_mode=False, failed=_cannot_write) as part:
            part.write_text(secrets.token_urlsafe(_TOKEN_BYTES) + "\n", encoding="ascii")
    return read(path)


def same(one: str, other: str) -> bool:
    """Compare in constant time, so that the time does not reveal how much was right."""
    return hmac.compare_digest(one.encode(errors="surrogatepass"), other.encode())
