"""Turns off the telemetry of libraries. Both packages import this module first.

Each switch works only before the import of its library, so it is set here instead of beside each import.
"""

import os
import sys

# ONNX Runtime contacts a server of its vendor, and writes a device id and a database to the user's cache. Its
# ``disable_telemetry_events`` comes too late, because the import starts that. 0, off and an empty value allow it.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

# OpenVINO sends statistics through this package as soon as it is imported; without the package it sends none.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
