"""Saves work: skips frames without changes, and crops to the people."""
