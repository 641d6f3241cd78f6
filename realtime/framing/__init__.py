"""Framing: where the person appears in the frame, and what appears while nobody is there."""
