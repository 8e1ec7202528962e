"""Extension list and build modes; all the rest stands in pyproject.toml.

FASTSOCK_EXTENSIONS  auto (default): build them; without a working compiler go on in pure Python
                     require: fail instead (wheels, CI)    off: a py3-none-any wheel
FASTSOCK_BUILD       release (default), debug, trace (.pyx coverage), sanitize (ASan, UBSan)
"""

import os
import runpy
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

HERE = Path(__file__).parent
choice = runpy.run_path(str(HERE / "fastsock" / "_env.py"))["choice"]
MODE = choice("FASTSOCK_EXTENSIONS", ("auto", "require", "off"))
FLAVOUR = choice("FASTSOCK_BUILD", ("release", "debug", "trace", "sanitize"))

PARTS = ("machine", "address", "lookup")
DIRECTIVES = {
    "language_level": 3,
    "binding": False,  # built-in functions: no keyword parsing for one argument, no dict to look in
    "always_allow_keywords": False,
    "embedsignature": True,
    "embedsignature.format": "clinic",  # what inspect.signature reads
    "freethreading_compatible": True,
    "subinterpreters_compatible": "own_gil",
    "linetrace": FLAVOUR == "trace",
}
MACROS = [("CYTHON_USE_MODULE_STATE", "1"), ("FASTSOCK_FLAVOUR", f'"{FLAVOUR}"')]
SANITIZE = [
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=undefined",
    "-fno-omit-frame-pointer",
]
TRACE = [("CYTHON_TRACE", "1"), ("CYTHON_TRACE_NOGIL", "1"), ("CYTHON_USE_SYS_MONITORING", "0")]

BANNER = """
{line}
 fastsock: the extensions were NOT built ({reason}).
 This installation is pure Python: right, but many times slower.
 Install a C compiler and the Python headers to have them, and set
 FASTSOCK_EXTENSIONS=require to make this an error, or =off to make it silent.
{line}
"""


def fall_back(reason):
    if MODE == "require":
        raise SystemExit(f"fastsock: FASTSOCK_EXTENSIONS=require, but {reason}")
    print(BANNER.format(reason=reason, line="*" * 78), file=sys.stderr, flush=True)


def flags():
    if os.name == "nt":
        return (["/Od", "/Zi"], []) if FLAVOUR == "debug" else (["/O2"], [])
    if FLAVOUR == "release":
        return ["-O3", "-g0"], ["-Wl,-s"] if sys.platform == "linux" else []
    if FLAVOUR == "sanitize":
        return ["-O1", "-g3", *SANITIZE], SANITIZE
    return ["-O0", "-g3"], []


def extensions():
    """The compiled parts: from .pyx where Cython is there, else from the .c of an sdist."""
    compile_flags, link_flags = flags()
    found = [
        Extension(
            f"fastsock._c.{part}",
            [f"fastsock/_c/{part}.pyx"],
            depends=[str(p.relative_to(HERE)) for p in HERE.glob("fastsock/_c/kernels/*.h")],
            define_macros=MACROS + (TRACE if FLAVOUR == "trace" else []),
            extra_compile_args=compile_flags,
            extra_link_args=link_flags,
        )
        for part in PARTS
    ]
    try:
        from Cython.Build import cythonize
    except ImportError:
        for extension in found:
            extension.sources = [source.replace(".pyx", ".c") for source in extension.sources]
        if all((HERE / source).exists() for e in found for source in e.sources):
            return found
        fall_back("there is neither Cython nor generated C")
        return []
    return cythonize(found, compiler_directives=DIRECTIVES)


class BuildExt(build_ext):
    """A build that can end in a pure wheel, tagged as one, where the mode allows it."""

    def run(self):
        try:
            super().run()
        except Exception as error:  # whatever a missing or broken compiler raises
            fall_back(f"the compiler failed: {error}")
            self.extensions = self.distribution.ext_modules = []
            wheel = self.distribution.command_obj.get("bdist_wheel")
            if wheel is not None:
                wheel.root_is_pure = True


setup(ext_modules=[] if MODE == "off" else extensions(), cmdclass={"build_ext": BuildExt})
