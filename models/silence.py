"""Keeps the libraries that report to their makers silent: imported by both packages before anything else of them.

Both switches count only before the import of the library, so they are thrown here, not beside each import.
"""

import os
import sys

# ONNX Runtime looks up its maker's server, and keeps a device id and a database in the user's cache. Its own
# ``disable_telemetry_events`` comes too late: the import has started all that. 0, off and an empty value allow it.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

# OpenVINO sends statistics through this package, on import already; without it, it sends none.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
