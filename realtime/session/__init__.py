"""The session: a run, and everything that can change it."""
