"""From the syntax tree to the elaborated graph."""
