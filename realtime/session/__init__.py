"""The session: a run and all that can be done to it while it goes on."""
