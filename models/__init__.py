"""The networks of greenless: MODNet and its small sibling, their weights, export, metrics and training.

The package does not know cameras, windows or settings, and does not import ``realtime``. This package,
``models.weights`` and ``models.metrics`` import without torch, because the base install does not contain it.
"""

from models import silence as silence  # before any library that reports to its makers
