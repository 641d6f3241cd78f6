"""Answers a refused request: JSON for programs, a page with the next step for people.

The page escapes what it quotes from the request, because an attacker may have written it.
"""

import base64
import hashlib
import html
import re

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, JSONResponse, Response

WHERE = "Open the address that greenless ctl page shows"

_STYLE = (
    ":root{color-scheme:light dark}"
    "body{max-width:40em;margin:10vh auto;padding:0 1em;font:16px/1.5 system-ui,sans-serif}"
    "pre{padding:.7em 1em;border:1px solid;border-radius:8px;overflow-x:auto}"
)

STYLE_SOURCE = f"'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"
"""The Content-Security-Policy source that allows only the style of these pages."""

_PLAIN = re.compile(r"[a-z0-9._-]{1,253}(:\d{1,5})?", re.IGNORECASE)
"""A host that is safe to type after a flag."""


def answer(headers: Headers, status: int, error: str, cure: str, *, host: str = "") -> Response:
    """Refuse a request.

    Args:
        headers: of the request.
        status: HTTP status code.
        error: what is wrong.
        cure: what to do.
        host: the host name of the request, if that is the reason.
    """
    if "text/html" not in headers.get("accept", ""):
        return refuse(status, error, cure)
    steps = _name_it(host) if host else [f"<p>{_sentence(cure)}</p>"]
    text = "\n".join([f"<p>{_sentence(error)}</p>", *steps])
    return HTMLResponse(
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n<title>greenless</title>\n'
        f"<style>{_STYLE}</style>\n<h1>greenless does not answer here</h1>\n{text}\n</html>\n",
        status_code=status,
    )


def refuse(status: int, error: str, cure: str) -> Response:
    """Return an error of the API with its cure."""
    return JSONResponse({"error": error, "cure": cure}, status_code=status)


def unknown_name(headers: Headers, host: str) -> Response:
    """Refuse a request with an unknown host name."""
    plain = host if _PLAIN.fullmatch(host) else ""
    if plain and ":" not in plain:
        plain += ":80"  # browsers omit the default port of HTTP
    further = f"; if {plain} is your own name for it, start it with: greenless --also-at {plain}" if plain else ""
    cure = f"Use 127.0.0.1 or the address of the machine{further}"
    return answer(headers, 421, "greenless does not know this host name", cure, host=plain)


def _name_it(host: str) -> list[str]:
    """Return the steps that allow a tunnel or a further name."""
    host = html.escape(host)
    return [
        f"<p>If <b>{host}</b> is your own tunnel to greenless, or your own name for its machine, start greenless with"
        " it:</p>",
        f"<pre>greenless --also-at {host}</pre>",
        "<p>or add it to the settings file (<code>greenless settings</code> prints its path):</p>",
        f'<pre>[control]\nalso_at = ["{host}"]</pre>',
        "<p>greenless then prints the address to open, with its token. If you do not know this name, close this page:"
        " another website may have sent you here.</p>",
    ]


def _sentence(text: str) -> str:
    return html.escape(f"{text[:1].upper()}{text[1:]}.")
