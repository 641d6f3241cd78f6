"""The commands that train, adapt and measure a network, and their helpers."""
