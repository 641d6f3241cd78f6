"""Chooses a runtime: by the settings, an earlier start, or a trial on this machine."""
