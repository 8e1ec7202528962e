"""Builds the empty functions in place: `make bench` runs it. Never part of a wheel."""

from Cython.Build import cythonize
from setuptools import Extension, setup

# What decides the cost of a call, as in the package's own setup.py.
DIRECTIVES = {
    "language_level": 3,
    "binding": False,
    "always_allow_keywords": False,
    "freethreading_compatible": True,
    "subinterpreters_compatible": "own_gil",
}
EMPTY = Extension(
    "floor.empty",
    ["floor/empty.pyx"],
    define_macros=[("CYTHON_USE_MODULE_STATE", "1")],
    extra_compile_args=["-O3", "-g0"],
)

setup(name="floor", packages=[], ext_modules=cythonize([EMPTY], compiler_directives=DIRECTIVES))
