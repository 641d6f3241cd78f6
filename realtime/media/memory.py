"""The memory that this process may still take: what is free, or less if a limit is set."""

import os
from contextlib import suppress
from pathlib import Path

_MEMINFO = Path("/proc/meminfo")
_STATM = Path("/proc/self/statm")
_GROUP = Path("/sys/fs/cgroup")


def free_bytes() -> int | None:
    """Return the bytes, or None if the system does not say."""
    found = []
    with suppress(OSError, ValueError, IndexError):
        line = next(line for line in _MEMINFO.read_text().splitlines() if line.startswith("MemAvailable"))
        found.append(int(line.split()[1]) * 1024)
    with suppress(OSError, ValueError):  # of a container
        limit, used = ((_GROUP / name).read_text().strip() for name in ("memory.max", "memory.current"))
        found.append(int(limit) - int(used))
    with suppress(ImportError, OSError, ValueError, IndexError):
        import resource  # not on Windows

        limit_bytes = resource.getrlimit(resource.RLIMIT_AS)[0]
        if limit_bytes != resource.RLIM_INFINITY:
            page_bytes = os.sysconf("SC_PAGE_SIZE")
            found.append(limit_bytes - int(_STATM.read_text().split()[0]) * page_bytes)
    return min(found, default=None)
