"""``python -m realtime`` is ``greenless``, and this is where its process begins and ends."""

import faulthandler
import os
import sys
import traceback
from contextlib import suppress
from typing import NoReturn

from models.home import tidy
from models.shown import masked
from realtime.cli import INTERRUPTED, main


def program() -> NoReturn:
    """Run the command of this process, and end it with its status.

    By then all outputs are closed, so the process ends at once. To take Python and the libraries apart first gains
    nothing, and can crash: their own threads, and ours that hang in a camera's driver, run on meanwhile. A crash in
    native code says on standard error where it was.
    """
    if sys.stderr is not None:  # Python without a console has none
        faulthandler.enable()
    try:
        status = main()
    except SystemExit as end:  # of a word that the command line does not know
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except KeyboardInterrupt:  # after the last step of the command
        status = INTERRUPTED
    except BaseException:
        with suppress(OSError):  # the terminal may be gone
            print(masked(traceback.format_exc()), end="", file=sys.stderr)
        status = 1
    tidy()
    for stream in (sys.stdout, sys.__stdout__, sys.stderr):
        if stream is not None:
            with suppress(OSError):
                stream.flush()
    os._exit(status)


if __name__ == "__main__":
    program()
