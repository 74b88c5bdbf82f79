"""Where everything in a block diagram stands: from the order of a picture's parts to places."""
