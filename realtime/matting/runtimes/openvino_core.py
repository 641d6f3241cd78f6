"""OpenVINO's ``Core``: one for the life of the process, whoever asks.

The first use of the processor's plugin gives the thread that makes it a signal stack of OpenVINO's own. When the last
user of that plugin goes, in whatever thread, the memory of the stack goes with it. It stays registered, though, and the
next signal to the first thread is a segmentation fault. So the core never goes, and is made in a thread that ends at
once: no thread that lives has such a stack, and the main thread keeps the larger one of ``faulthandler``.
"""

import threading
from concurrent.futures import ThreadPoolExecutor

import openvino as ov

_making = threading.Lock()
_made: list[ov.Core] = []


def core() -> ov.Core:
    """The core of this process, with the plugin of the processor loaded. Any thread may ask, at any time.

    Raises:
        RuntimeError: OpenVINO does not work here.
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
