"""The block diagram for those who lay it out themselves: Graphviz source and Mermaid."""
