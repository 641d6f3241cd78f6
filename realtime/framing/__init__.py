"""Framing: how the person is shown, and what is shown while there is none."""
