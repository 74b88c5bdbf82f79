"""A checked network as PyTorch source."""
