"""Capture: where frames come from. ``open_source`` turns a setting into an open ``Source``."""
