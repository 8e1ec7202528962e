"""Arrow's C data interface, both ways, without pyarrow: what parts with columns rest on.

`_c` and `_py` are the twins: structs taken from producers and given to consumers, and the few loops
over bits and indexes. `pieces` reads what was taken, and checks it, and is written once.
"""
