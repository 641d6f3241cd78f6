"""Matting: frames in, mattes out. ``open_matter`` turns settings into a warmed-up ``Matter``."""
