"""Compile every module of an unpacked sdist for another platform, with zig as the compiler.

    python .ci/cross.py TARGET SDIST OUT INCLUDE... [--suffix .so]

TARGET is zig's name of the platform (aarch64-linux-gnu). INCLUDE are folders with CPython's
headers. Warnings are errors. On Linux and macOS the loader finds CPython's functions. For Windows
an import library of the functions that modules call is made, so that any other that is missing
shows.
"""

import argparse
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

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


def undefined(objects):
    """Names that the objects take from elsewhere, as binutils prints them."""
    text = subprocess.run(["nm", "-u", *objects], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"U (\S+)", text))


def import_library(objects, out):
    """A library of all that the objects take from CPython's DLL."""
    names = {name.removeprefix("__imp_") for name in undefined(objects)}
    exports = sorted(name for name in names if re.match(r"_?Py", name))
    definition = out / "python.def"
    data = re.compile(r"Py.*_Type$|PyExc_|_Py_.*Struct|_Py_NoneStruct|_PyLong_")
    lines = (f"    {name}{' DATA' if data.match(name) else ''}\n" for name in exports)
    definition.write_text("LIBRARY python.dll\nEXPORTS\n" + "".join(lines), "utf-8")
    library = out / "libpython.a"
    zig("dlltool", "-m", "i386:x86-64", "-d", definition, "-l", library)
    return [library]


def link_options(target, objects, out):
    if "windows" in target:
        return ["-shared", *import_library(objects, out)]
    if "macos" in target:
        return ["-bundle", "-undefined", "dynamic_lookup"]
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
    extra = link_options(options.target, objects, options.out)
    for place, made in zip(places, objects, strict=True):
        module = options.out / f"{place}{options.suffix}"
        zig("cc", "-target", options.target, made, *extra, "-o", module)
    for made in objects:
        made.unlink()
    print(f"{len(objects)} modules compiled for {options.target}")


if __name__ == "__main__":
    main()
