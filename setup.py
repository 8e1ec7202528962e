"""Extension list and build modes; everything else is in pyproject.toml.

FASTSOCK_EXTENSIONS  auto (default): build them; without a working compiler go on in pure Python
                     require: fail instead (wheels, CI)    off: a py3-none-any wheel
FASTSOCK_BUILD       release (default), debug, trace (.pyx coverage), sanitize (ASan, UBSan),
                     thread (TSan), portable (a release without what only Linux has)
"""

import runpy
import sys
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py

cythonize = None
with suppress(ImportError):  # an sdist brings the generated C
    from Cython.Build import cythonize
metadata = SimpleNamespace(**runpy.run_path(".ci/metadata.py"))
choice = runpy.run_path("fastsock/_core/env.py")["choice"]
MODE = choice("FASTSOCK_EXTENSIONS", ("auto", "require", "off"))
FLAVOUR = choice("FASTSOCK_BUILD", ("release", "debug", "trace", "sanitize", "thread", "portable"))
OPTIMIZED = FLAVOUR in ("release", "portable")

# A trace build reports lines from within nogil code, where Cython can't find a module's state.
SUBINTERPRETERS = FLAVOUR != "trace"
SOURCES = sorted(path.with_suffix("") for path in Path("fastsock").rglob("*.pyx"))
# Parts with arrays on the stack while the caller's code runs: a stack protector guards those.
CALLS_BACK = {"capture", "headers", "stream"}
DIRECTIVES = {
    "binding": False,  # built-in functions: no keyword parsing for one argument, no dict to look in
    "always_allow_keywords": False,
    "embedsignature": True,
    "embedsignature.format": "clinic",  # what inspect.signature reads
    "freethreading_compatible": True,
    "subinterpreters_compatible": "own_gil" if SUBINTERPRETERS else "no",
    "linetrace": FLAVOUR == "trace",
}
# Types from specs: static ones outlive their interpreter, and can't say their public path.
MACROS = {"CYTHON_USE_MODULE_STATE": int(SUBINTERPRETERS), "CYTHON_USE_TYPE_SPECS": 1}
MACROS |= dict.fromkeys(("CYTHON_TRACE", "CYTHON_TRACE_NOGIL"), int(FLAVOUR == "trace"))
if FLAVOUR == "portable":  # the code paths of Windows and macOS, for a run of the suite over them
    MACROS |= {"FASTSOCK_PORTABLE": 1, "FASTSOCK_NO_SIMD": 1}
MACROS |= {"FASTSOCK_FLAVOUR": f'"{FLAVOUR}"', "CYTHON_USE_SYS_MONITORING": 0}

BANNER = """
******************************************************************************
 fastsock: the extensions were NOT built ({reason}).
 This installation is pure Python: right, but many times slower. With a C
 compiler it is fast. FASTSOCK_EXTENSIONS=require makes this an error, =off silent.
******************************************************************************
"""


why_pure = "FASTSOCK_EXTENSIONS=off when it was built" if MODE == "off" else ""


def fall_back(reason):
    """Continue without extensions, where the mode allows it."""
    global why_pure
    if MODE == "require":
        sys.exit(f"fastsock: FASTSOCK_EXTENSIONS=require, but {reason}")
    print(BANNER.format(reason=reason), file=sys.stderr, flush=True)
    why_pure = reason
    return []


def record_why_pure(build_lib):
    """Leave the reason in the wheel: pip hides the banner, `fastsock info` shows this."""
    if why_pure:
        Path(build_lib, "fastsock/_core/why_pure.txt").write_text(f"{why_pure}\n", "utf-8")


def flags(part):
    """Flags to compile and link a part. On Linux nothing can redirect its calls to libraries."""
    if sys.platform == "win32":
        return {"extra_compile_args": ["/O2" if OPTIMIZED else "/Od"]}
    link = ["-Wl,-z,relro", "-Wl,-z,now"] * (sys.platform == "linux")
    protect = ["-fstack-protector-strong"] * (part in CALLS_BACK)
    if OPTIMIZED:
        strip = ["-Wl,-s"] * (sys.platform == "linux")
        return {"extra_compile_args": ["-O3", "-g0", *protect], "extra_link_args": [*link, *strip]}
    sanitize = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"]
    sanitize *= FLAVOUR == "sanitize"
    sanitize += ["-fsanitize=thread"] * (FLAVOUR == "thread")
    return {
        "extra_compile_args": ["-Og", "-g3", *protect, *sanitize],
        "extra_link_args": [*link, *sanitize],
    }


def extensions():
    """The compiled parts: from .pyx where Cython is there, else from the .c of an sdist."""
    sources = [f"{path.as_posix()}{'.pyx' if cythonize else '.c'}" for path in SOURCES]
    if not all(Path(source).exists() for source in sources):
        return fall_back("there is neither Cython nor generated C")
    found = [
        Extension(
            source.partition(".")[0].replace("/", "."),
            [source],
            depends=[str(path) for path in Path("fastsock").rglob("*.h")],
            include_dirs=["."],
            define_macros=[(name, str(value)) for name, value in MACROS.items()],
            **flags(source.split("/")[1]),
        )
        for source in sources
    ]
    return cythonize(found, compiler_directives=DIRECTIVES) if cythonize else found


class BuildPy(build_py):
    """A build that says why it is pure, where that is known before anything is compiled."""

    def run(self):
        super().run()
        if not self.editable_mode:
            record_why_pure(self.build_lib)


class BuildExt(build_ext):
    """A build that can end in a pure wheel, tagged as one, where the mode allows it."""

    def finalize_options(self):
        super().finalize_options()
        if self.parallel is None:  # pip can't ask for it
            self.parallel = True

    def run(self):
        try:
            super().run()
        except Exception as error:  # whatever a missing or broken compiler raises
            self.extensions = self.distribution.ext_modules = fall_back(f"compiler: {error}")
            if wheel := self.distribution.command_obj.get("bdist_wheel"):
                wheel.root_is_pure = True
            if not self.inplace:
                record_why_pure(self.build_lib)


class BdistWheel(bdist_wheel):
    """A wheel with a bill of materials (PEP 770)."""

    def write_wheelfile(self, wheelfile_base, *args, **kwargs):
        super().write_wheelfile(wheelfile_base, *args, **kwargs)
        compiled = self.distribution.has_ext_modules()
        generated = [path.with_suffix(".c") for path in SOURCES] if compiled else []
        sboms = Path(wheelfile_base, "sboms")
        sboms.mkdir(exist_ok=True)
        text = metadata.bill_of_materials(generated)
        (sboms / "fastsock.cdx.json").write_text(text, "utf-8")


setup(
    long_description=metadata.readme(),
    long_description_content_type="text/markdown",
    project_urls=metadata.urls(),
    ext_modules=[] if MODE == "off" else extensions(),
    cmdclass={"build_py": BuildPy, "build_ext": BuildExt, "bdist_wheel": BdistWheel},
)
