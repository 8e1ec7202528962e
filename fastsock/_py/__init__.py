"""The reference twin: every part in plain Python, over the standard library alone."""
