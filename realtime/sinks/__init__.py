"""Sinks: where composites go. ``open_sink`` turns a setting into an open ``Sink``."""
