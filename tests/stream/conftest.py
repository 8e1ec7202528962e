"""Fixtures of the streams' tests."""

import importlib

import pytest


@pytest.fixture
def encoding(stream, monkeypatch):
    """The encoders of a twin, which the framers' methods then use."""
    module = importlib.import_module(f"{stream.__name__}.encoding")
    monkeypatch.setattr("fastsock.stream.framers._encoding", module)
    return module
