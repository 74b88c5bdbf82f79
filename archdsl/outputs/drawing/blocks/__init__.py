"""The block diagram: layers as boxes, blocks as frames around them, what repeats once."""
