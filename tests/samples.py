"""Packets and capture files to test with: built, packed by hand, or captured by others."""

import logging
import os
import sys
import warnings
from collections.abc import Callable
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest


@pytest.fixture(scope="session")
def parse(packet: ModuleType) -> Callable[..., Any]:
    """Each twin's `parse_packet`."""
    return packet.parse_packet


def _module_beside(name: str) -> ModuleType:
    where = Path(__file__).parent / name
    spec = spec_from_file_location(where.stem, where)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def build() -> ModuleType:
    """Builders of packets, right and wrong ones."""
    return _module_beside("packet/packet_builders.py")


def _real_captures() -> Path:
    default = Path(__file__).parents[1] / "../shared/captures"
    return Path(os.environ.get("FASTSOCK_CAPTURES") or default)


@pytest.fixture(scope="session")
def captures() -> Path:
    """The directory of captures by others, which are no part of the package."""
    path = _real_captures()
    if not path.is_dir():
        pytest.skip(f"there are no captures at {path}")
    return path


@pytest.fixture(scope="session")
def any_captures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, or where there are none a directory with captures of the project's own making."""
    path = _real_captures()
    if path.is_dir():
        return path
    root = str(Path(__file__).parents[1])
    sys.path.append(root)
    try:
        traffic = import_module("benchmarks.harness.traffic")
    finally:
        sys.path.remove(root)
    path = tmp_path_factory.mktemp("captures")
    traffic.made().tiled(1000, path / "made.pcap")
    traffic.made().tiled(5, path / "few.pcap")
    return path


@pytest.fixture(scope="session")
def files() -> Any:
    """Capture files by hand, with any field wrong that a test wants wrong."""
    return _module_beside("capture/files.py").CaptureFiles()


def _word_sum(data: bytes) -> int:
    """The ones' complement sum of 16-bit words, as RFC 1071 defines it and as slow."""
    total = 0
    for at in range(0, len(data), 2):
        total += int.from_bytes(data[at : at + 2].ljust(2, b"\0"), "big")
        total = (total & 0xFFFF) + (total >> 16)
    return total


@pytest.fixture(scope="session")
def word_sum() -> Callable[[bytes], int]:
    return _word_sum


class Layers(SimpleNamespace):
    def __repr__(self) -> str:
        return "scapy"  # and not all of it, where a test tells its arguments


@pytest.fixture(scope="session")
def scapy() -> SimpleNamespace:
    """Scapy's layers. It warns while it is imported, of ciphers and of missing routes."""
    everything: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.getLogger("scapy").setLevel(logging.ERROR)
        for layer in ("l2", "inet", "inet6", "ipsec", "ppp", "sctp"):
            everything |= vars(import_module(f"scapy.layers.{layer}"))
    return Layers(**everything)
