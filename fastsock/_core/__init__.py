"""Helpers that two or more parts share. They know no part."""
