"""What saves work: skip a frame that did not change, infer only the part that did."""
