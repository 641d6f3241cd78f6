"""``python -m realtime`` is ``greenless``, and this is where its process begins and ends."""

import faulthandler
import os
import sys
from contextlib import suppress
from typing import NoReturn

from realtime.cli import main


def program() -> NoReturn:
    """Run the command of this process, and end it with its status.

    By then all outputs are closed, so the process ends at once. To take Python and the libraries apart first gains
    nothing, and can crash: their own threads, and ours that hang in a camera's driver, run on meanwhile. A crash in
    native code says on standard error where it was.
    """
    faulthandler.enable()
    status = main()
    for stream in (sys.stdout, sys.stderr):
        with suppress(BrokenPipeError):
            stream.flush()
    os._exit(status)


if __name__ == "__main__":
    program()
