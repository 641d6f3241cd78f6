"""What the control server answers if it refuses a request: JSON to programs, a page with the next step to people.

In: status, error and cure as every error of the API has them. Out: the response. What a page quotes of a request is
escaped, because an attacker may have written it.
"""

import base64
import hashlib
import html
import re
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, JSONResponse, Response

WHERE = "Open the address that greenless ctl page shows"

_STYLE = (
    ":root{color-scheme:light dark}"
    "body{max-width:40em;margin:10vh auto;padding:0 1em;font:16px/1.5 system-ui,sans-serif}"
    "pre{padding:.7em 1em;border:1px solid;border-radius:8px;overflow-x:auto}"
)

STYLE_SOURCE = f"'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"
"""By which a Content-Security-Policy allows the style of these pages, and no other."""

_PLAIN = re.compile(r"[a-z0-9._-]{1,253}(:\d{1,5})?", re.IGNORECASE)
"""A host that can be typed behind a flag."""


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why a request is refused."""

    status: int
    """HTTP's number for it."""

    error: str
    """What is wrong."""

    cure: str
    """What to do."""

    host: str = ""
    """The name that the request used, if it is the name that is refused."""

    def answer(self, headers: Headers) -> Response:
        """The response to a request with these headers."""
        if "text/html" not in headers.get("accept", ""):
            return refuse(self.status, self.error, self.cure)
        steps = _name_it(self.host) if self.host else [f"<p>{_sentence(self.cure)}</p>"]
        text = "\n".join([f"<p>{_sentence(self.error)}</p>", *steps])
        return HTMLResponse(
            '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width">\n<title>greenless</title>\n'
            f"<style>{_STYLE}</style>\n<h1>greenless does not answer here</h1>\n{text}\n</html>\n",
            status_code=self.status,
        )


def refuse(status: int, error: str, cure: str) -> Response:
    """An answer that says what is wrong, and the cure, as every error of the API does."""
    return JSONResponse({"error": error, "cure": cure}, status_code=status)


def unknown_name(host: str) -> Refusal:
    """The refusal of a request that calls the server by a name that is not its own."""
    plain = host if _PLAIN.fullmatch(host) else ""
    if plain and ":" not in plain:
        plain += ":80"  # HTTP's own port, which browsers leave out
    further = f"; if {plain} is your own name for it, start it with: greenless --also-at {plain}" if plain else ""
    cure = f"Call it by 127.0.0.1, or by the machine's address{further}"
    return Refusal(status=421, error="this address is not greenless's own", cure=cure, host=plain)


def _name_it(host: str) -> list[str]:
    """How a tunnel or a further name is allowed."""
    host = html.escape(host)
    return [
        f"<p>Is <b>{host}</b> your own tunnel to greenless, or your own name for its machine? Then start greenless with"
        " it:</p>",
        f"<pre>greenless --also-at {host}</pre>",
        "<p>or keep it in the settings file (<code>greenless settings</code> shows which that is):</p>",
        f'<pre>[control]\nalso_at = ["{host}"]</pre>',
        "<p>greenless then shows the address to open, with its token. If you do not know this name, close this page:"
        " another website may have brought you here.</p>",
    ]


def _sentence(text: str) -> str:
    return html.escape(f"{text[:1].upper()}{text[1:]}.")
