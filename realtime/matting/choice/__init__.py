"""The choice of a runtime: by the settings, by an earlier start, or by a trial on this machine."""
