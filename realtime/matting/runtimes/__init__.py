"""Runtimes: one module each for ONNX Runtime, custom ONNX files, OpenVINO and PyTorch, and what they share."""
