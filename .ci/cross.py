"""Compile every module of an unpacked sdist for another platform, with zig as the compiler.

    python .ci/cross.py TARGET SDIST OUT INCLUDE... [--suffix .so]

TARGET is zig's name of the platform (aarch64-linux-gnu). INCLUDE are folders with CPython's
headers. Warnings are errors. On Linux and macOS the loader finds CPython's functions. For Windows
an import library is made of what CPython's headers say that its DLL exports: any other name that a
module asks for is an error.
"""

import argparse
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import ziglang

MACROS = (
    "-DCYTHON_USE_MODULE_STATE=1",
    "-DCYTHON_USE_TYPE_SPECS=1",
    "-DCYTHON_USE_SYS_MONITORING=0",
    '-DFASTSOCK_FLAVOUR="release"',
)
FLAGS = ("-O3", "-g0", "-Wall", "-Werror", "-fno-sanitize=undefined")


def zig(*arguments):
    command = [sys.executable, "-m", "ziglang", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode or done.stderr:
        raise RuntimeError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def exported(headers):
    """Names that CPython's DLL exports, by its public headers, each as a line of a .def file."""
    declared = re.compile(
        r"PyAPI_(FUNC|DATA)\((?:[^()]|\([^()]*\))*\)\s*(?:\w+\s+)*?(_?Py\w+)\s*[(;\[]"
    )
    paths = (path for folder in headers for path in Path(folder).rglob("*.h"))
    text = "".join(path.read_text("utf-8") for path in paths if path.parent.name != "internal")
    kinds = {name: kind for kind, name in declared.findall(text)}
    return [f"    {name}{' DATA' * (kinds[name] == 'DATA')}\n" for name in sorted(kinds)]


def windows_libraries(target, headers, out):
    """CPython's DLL as an import library, and the one function of mingw's own that is called.

    Without mingw's start files, for zig would first compile all of mingw's library: 430 files.
    Their part in a module is to call constructors, of which there are none.
    """
    machine = "arm64" if target.startswith("aarch64") else "i386:x86-64"
    definition, library, classify = (out / name for name in ("python.def", "libpython.a", "fp.o"))
    definition.write_text(f"LIBRARY python.dll\nEXPORTS\n{''.join(exported(headers))}", "utf-8")
    zig("dlltool", "-m", machine, "-d", definition, "-l", library)
    # What the macro isfinite() calls where the compiler does not inline it.
    source = Path(ziglang.__file__).parent / "lib/libc/mingw/math/fpclassify.c"
    zig("cc", "-target", target, *FLAGS, "-U__CRT__NO_INLINE", "-c", source, "-o", classify)
    return [classify, library, "-lucrtbase", "-lws2_32"]


def link_options(options):
    if "windows" in options.target:
        bare = ("-s", "-nostdlib", "-rtlib=compiler-rt", "-Wl,--no-entry")
        return ["-shared", *bare, *windows_libraries(options.target, options.include, options.out)]
    if "macos" in options.target:
        return ["-shared", "-undefined", "dynamic_lookup"]  # zig's linker crashes on -bundle
    return ["-shared", "-Wl,-s"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("target")
    parser.add_argument("sdist", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("include", nargs="+")
    parser.add_argument("--suffix", default=".so")
    options = parser.parse_args()
    compile_all(options)


def compile_all(options):
    sources = sorted(path.with_suffix(".c") for path in options.sdist.rglob("fastsock/**/*.pyx"))
    if not sources:
        sys.exit(f"{options.sdist} has no modules")
    places = [source.relative_to(options.sdist).with_suffix("") for source in sources]
    objects = [options.out / place.with_suffix(".o") for place in places]
    include = [f"-I{folder}" for folder in (options.sdist, *options.include)]
    position = [] if "windows" in options.target else ["-fPIC"]

    def compile_one(source, made):
        made.parent.mkdir(parents=True, exist_ok=True)
        command = ("cc", "-target", options.target, *FLAGS, *position, *MACROS, *include)
        try:
            zig(*command, "-c", source, "-o", made)
        except RuntimeError as error:
            return str(error)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        failures = list(filter(None, pool.map(compile_one, sources, objects)))
    if failures:
        sys.exit("\n".join(failures))
    extra = link_options(options)
    for place, made in zip(places, objects, strict=True):
        module = options.out / f"{place}{options.suffix}"
        zig("cc", "-target", options.target, *FLAGS, made, *extra, "-o", module)
    for made in objects:
        made.unlink()
    print(f"{len(objects)} modules compiled for {options.target}")


if __name__ == "__main__":
    main()
