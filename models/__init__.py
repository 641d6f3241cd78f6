"""The networks of greenless: MODNet and its small sibling, their weights, export, metrics and training.

Knows nothing of cameras, windows or settings, and imports nothing of ``realtime``. Importing this package,
``models.weights`` or ``models.metrics`` brings no torch: the base install runs without it.
"""

from models import silence as silence  # before any library that reports to its makers
