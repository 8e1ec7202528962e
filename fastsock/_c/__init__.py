"""The compiled twin: the same parts as Cython extensions."""
