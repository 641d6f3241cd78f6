"""``python -m greenless``: the command ``greenless``."""

import sys

from realtime.__main__ import program

if __name__ == "__main__":
    sys.exit(program())
