"""No leaks and no early frees: many rounds, threads, sub-interpreters."""

import pytest


def run(isolated, run_python, tag, program):
    process = run_python(str(isolated / program), FASTSOCK_BACKEND=tag)
    assert process.stdout == "done\n", process.stderr


@pytest.mark.parametrize("program", ["threads.py", "interpreters.py"])
def test_in_a_process_of_its_own(isolated, run_python, twin, program):
    run(isolated, run_python, twin.tag, program)


def test_leaks(isolated, run_python, compiled):
    """Of the compiled twin: the standard library's own caches keep objects, and would hide them."""
    run(isolated, run_python, compiled.tag, "leaks.py")
