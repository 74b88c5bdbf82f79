"""Networks that go down and up in resolution: maps of one resolution on one row, as a U or as two streams.

`found` decides from the graph alone whether a network is one, in `units`; `layout` draws it as `bars`
with `lines` between them, or as `streams` of `cards`.
"""
