"""The commands that train, adapt and evaluate a network."""
