"""One OpenVINO ``Core`` for the life of the process.

The first use of the CPU plugin registers a signal stack for the calling thread. When the last user of the plugin is
released, in any thread, OpenVINO frees that stack but does not unregister it, so the next signal to the thread is a
segmentation fault. Therefore the core is never released, and a thread that ends at once creates it: no living thread
has such a stack, and the main thread keeps the larger one of ``faulthandler``.
"""

import threading
from concurrent.futures import ThreadPoolExecutor

import openvino as ov

_making = threading.Lock()
_made: list[ov.Core] = []


def core() -> ov.Core:
    """Return the core of this process, with the CPU plugin loaded. Thread-safe.

    Raises:
        RuntimeError: OpenVINO does not work on this machine.
    """
    with _making:
        if not _made:
            with ThreadPoolExecutor(1, "openvino") as brief:
                _made.append(brief.submit(_new).result())
        return _made[0]


def _new() -> ov.Core:
    new = ov.Core()
    new.get_property("CPU", "FULL_DEVICE_NAME")  # loads the plugin, in this thread
    return new
