"""Keeps frames in GPU memory. All modules need PyTorch, and are imported only if there is a GPU."""
