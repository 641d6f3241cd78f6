"""``python -m realtime`` is ``greenless``, and this is where its process begins and ends."""

import os
import sys
import threading
from typing import NoReturn

from realtime.cli import main


def program() -> NoReturn:
    """Run the command of this process, and end it with its status.

    A thread that is still in a camera's driver or a network when Python takes itself apart can crash the process, so
    where one is left the process ends at once. By then all outputs are closed.
    """
    status = main()
    if any(thread.daemon for thread in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)


if __name__ == "__main__":
    program()
