"""Show that `make asan` finds an over-read: let a sanitized extension read one byte too many.

    python overread.py          start the next line in a process of its own, and want a report of it
    python overread.py plant    the over-read

No call of fastsock reads outside a buffer, so the buffer lies: ctypes gives one of 33 bytes
over a block of 32. A report from within the kernel proves three things at once: the sanitizer's
library is loaded, the extension is instrumented, and a report ends the process.
"""

import ctypes
import subprocess
import sys
from pathlib import Path
from socket import AF_INET


def plant() -> None:
    from fastsock.address import _c as address

    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    block = libc.malloc(32)
    ctypes.memset(block, ord("\n"), 32)
    address.inet_pton_many(AF_INET, (ctypes.c_char * 33).from_address(block), errors="mask")


def main() -> None:
    from fastsock._core import machine
    from fastsock.address import _c as address

    assert machine.FLAVOUR == "sanitize", f"a {machine.FLAVOUR} build: {machine.__file__}"
    # A call that aborts, not one that goes on: -fno-sanitize-recover was in force.
    assert b"__ubsan_handle_pointer_overflow_abort" in Path(address.__file__).read_bytes()
    command = [sys.executable, "-P", __file__, "plant"]
    found = subprocess.run(command, capture_output=True, text=True)
    assert found.returncode != 0, "the over-read was not reported"
    assert "ERROR: AddressSanitizer: heap-buffer-overflow" in found.stderr, found.stderr
    kernels = [word for word in found.stderr.split() if word.startswith("fs_")]
    assert kernels, f"not from within a kernel: {found.stderr}"
    print(f"planted over-read: reported in {kernels[0]}")


if sys.argv[1:] == ["plant"]:
    plant()
else:
    main()
