"""The grid of sizes at which a network runs: the product, the evaluation and the export share this one rule."""

GRID_PX = 32
"""Both sides at the network are multiples of this: its coarsest features stand at a stride of 32."""


def on_grid(side_px: float) -> int:
    """Round a side to the nearest multiple of ``GRID_PX``, halves up, and to ``GRID_PX`` at least."""
    return max(GRID_PX, int(side_px / GRID_PX + 0.5) * GRID_PX)
