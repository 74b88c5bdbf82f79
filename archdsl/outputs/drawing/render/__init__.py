"""From a scene to a file: one small room for each format."""
