"""Our exceptions survive a copy and a pickle with all that they say: workers pass them on."""

import copy
import errno
import pickle
import subprocess
import sys
from importlib import import_module
from pkgutil import walk_packages

import pytest

import fastsock
from fastsock import errors

REFUSED = ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
ARGUMENTS = {
    "AddressError": ("row 1: no", 1, "x"),
    "ConnectError": (
        "can't connect",
        [(("192.0.2.1", 80), REFUSED), (("::1", 80, 0, 0), OSError("x"))],
    ),
    "ConnectTimeoutError": ("can't connect", [(("192.0.2.1", 80), REFUSED)]),
    "PacketError": ("ipv4.header at offset 0: HEADER_CUT", "ipv4", "header", 0),
    "IncompleteReadError": (b"he", 9),
    "LimitOverrunError": ("no room", 7),
    "FrameTooLargeError": (9, 5),
}
COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{
        f"pickle {protocol}": lambda error, protocol=protocol: pickle.loads(
            pickle.dumps(error, protocol)
        )
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
    },
}


def all_classes():
    """Every exception class that a module of the package defines."""
    found = {}
    for module in walk_packages(fastsock.__path__, "fastsock."):
        # Some of the pure twins' exceptions are internal.
        if module.name == "fastsock.__main__" or "._py" in module.name:
            continue
        if module.name.startswith("fastsock.engines."):  # each needs its engine, and has none
            continue
        if "._c" in module.name and fastsock.BACKEND == "py":
            continue
        for name, value in vars(import_module(module.name)).items():
            ours = isinstance(value, type) and issubclass(value, BaseException)
            if ours and value.__module__.startswith("fastsock"):
                found[value.__qualname__] = value, name
    return [value for value, _ in found.values()]


def told(error):
    """All that an exception says."""
    names = [name for name in ("errno", "strerror", "filename") if hasattr(error, name)]
    attributes = {name: value for name, value in vars(error).items() if name != "attempts"}
    attempts = [(place, repr(why), why.errno) for place, why in getattr(error, "attempts", ())]
    facts = [getattr(error, name) for name in names]
    return type(error), str(error), error.args, facts, attributes, attempts


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("kind", all_classes(), ids=lambda kind: kind.__qualname__)
def test_a_copy_tells_all(kind, how):
    error = kind(*ARGUMENTS.get(kind.__name__, ("message",)))
    error.add_note("a note")
    error.more = 1
    assert told(COPIES[how](error)) == told(error)


def test_the_walk_finds_them():
    names = {kind.__name__ for kind in all_classes()}
    assert names >= {*ARGUMENTS, "FrameError", "ProxyError", "CaptureError"}


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("name", ["IncompleteReadError", "LimitOverrunError"])
def test_a_class_of_the_users_own(name, how, monkeypatch):
    kind = type("Own", (getattr(errors, name),), {"__module__": __name__})
    monkeypatch.setattr(sys.modules[__name__], "Own", kind, raising=False)
    error = kind(*ARGUMENTS[name])
    assert told(COPIES[how](error)) == told(error)


def test_from_a_program_with_asyncio_to_one_without():
    error = errors.IncompleteReadError(b"he", 9)
    program = f"import pickle; print(repr(pickle.loads({pickle.dumps(error)!r})))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.startswith("IncompleteReadError("), done.stderr


def test_connect_error_says_why():
    error = errors.ConnectError(*ARGUMENTS["ConnectError"])
    assert (error.errno, error.strerror) == (errno.ECONNREFUSED, "can't connect")
    assert str(error) == f"[Errno {errno.ECONNREFUSED}] can't connect"
    assert errors.ConnectError("nothing to try").errno is None
