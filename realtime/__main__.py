"""``python -m realtime`` is ``greenless``: the start and the end of its process."""

import faulthandler
import os
import sys
import traceback
from contextlib import suppress
from typing import NoReturn

from models.home import tidy
from models.shown import masked
from realtime import ending
from realtime.cli import INTERRUPTED, main


def program() -> NoReturn:
    """Run the command, then end the process with its status.

    All outputs are closed by then, so the process ends at once. A normal exit of the interpreter gains nothing and can
    crash, because threads of libraries, and threads that hang in a camera driver, still run. A crash in native code
    prints its stack on standard error.
    """
    if (sys.argv or [])[1:] == ["stream-sender"]:  # the process of a stream, see realtime.sinks.streaming.process
        from realtime.sinks.streaming.sender import serve

        serve()
        os._exit(0)
    if sys.stderr is not None:  # Python without a console has none
        faulthandler.enable()
    ending.handle_to_the_exit()
    try:
        status = main()
    except SystemExit as end:  # an invalid command line
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
