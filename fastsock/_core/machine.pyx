"""What this build is and which SIMD kernels run on this processor."""

from fastsock._core.env import choice


cdef extern from "fastsock/_core/cpu.h":
    int fs_cpu_has_sse41()
    int fs_cpu_has_sse42()
    int fs_cpu_has_avx2()
    const char *FS_COMPILER
    const char *FASTSOCK_FLAVOUR

cdef extern from *:
    const unsigned int CYTHON_HEX_VERSION


_SETS = ("scalar", "sse41", "sse42", "avx2")


def _supported():
    names = ["scalar"]
    if fs_cpu_has_sse41():
        names.append("sse41")
        if fs_cpu_has_sse42():
            names.append("sse42")
            if fs_cpu_has_avx2():
                names.append("avx2")
    return tuple(names)


def _chosen():
    wanted = choice("FASTSOCK_SIMD", ("auto", *_SETS))
    if wanted == "auto":
        return SIMD_SUPPORTED[-1]
    if wanted not in SIMD_SUPPORTED:
        raise ValueError(
            f"FASTSOCK_SIMD={wanted!r}: this processor and build have {', '.join(SIMD_SUPPORTED)}"
        )
    return wanted


SIMD_SUPPORTED = _supported()
"""The sets of instructions that kernels can use here, each with all before it."""

SIMD = _chosen()
"""The set that is used: the last one, or the one that FASTSOCK_SIMD names.

A part without a kernel for it takes its best one from the sets before it.
"""

SIMD_USED = SIMD_SUPPORTED[: SIMD_SUPPORTED.index(SIMD) + 1]
"""That set and all before it: a part asks here whether to use its kernel for a set."""

COMPILER = FS_COMPILER.decode("ascii", "replace")
CYTHON = ".".join(str(CYTHON_HEX_VERSION >> shift & 0xFF) for shift in (24, 16, 8))
FLAVOUR = FASTSOCK_FLAVOUR.decode("ascii")
