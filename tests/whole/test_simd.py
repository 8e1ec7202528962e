"""The kernels: the one that is asked for runs, does the rows, and all give the same answers."""

import hashlib
import json
import random
import sys
from importlib import import_module
from pathlib import Path
from socket import AF_INET, AF_INET6, AF_UNSPEC

import pytest

from fastsock.address import _py as pure

V4 = "\n".join(f"{n}.{n % 7 * 40}.0.{255 - n}" for n in range(200))
V6 = "\n".join(f"2001:db8:{n:x}::{n * 300:x}" for n in range(200))
FULL6 = "\n".join(f"2001:db8:1111:2222:3333:4444:{n:x}:{n * 300:x}" for n in range(200))
BLOCK6 = 48  # bytes that a step of the IPv6 kernel loads


@pytest.fixture(scope="module")
def machine(compiled):
    return import_module("fastsock._core.machine")


@pytest.fixture(scope="module")
def kernels(machine):
    return machine.SIMD_SUPPORTED


RUN = """
import json, sys
from fastsock.address import _c as address
from fastsock._core import machine
cases = json.load(open(sys.argv[1]))
runs = [address._kernel_run(family, text.encode()) for family, text in cases]
json.dump({"simd": machine.SIMD, "runs": runs}, sys.stdout)
"""


def kernel_runs(run_python, tmp_path, wanted, cases):
    """What an interpreter with FASTSOCK_SIMD=`wanted` says of its kernel's runs."""
    file = tmp_path / "cases"
    file.write_text(json.dumps([(int(family), text) for family, text in cases]))
    done = run_python("-c", RUN, str(file), FASTSOCK_SIMD=wanted)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_scalar_is_always_there(kernels):
    assert kernels[0] == "scalar"


@pytest.fixture
def cpuinfo():
    """What the system says of an x86-64 that does not run 32-bit programs."""
    path = Path("/proc/cpuinfo")
    words = path.read_text().split() if path.exists() else []
    if "sse4_1" not in words or sys.maxsize < 1 << 32:
        pytest.skip("this processor is not known to be an x86-64 with SSE4.1")
    return words


def test_x86_64_has_sse41(kernels, cpuinfo):
    """Otherwise the tests below would prove nothing on the machines that they are meant for."""
    assert "sse41" in kernels


@pytest.mark.parametrize("wanted", ["scalar", "sse41", "sse42", "avx2", "auto", "", " SSE41 "])
def test_the_forced_kernel_runs_and_does_the_rows(kernels, run_python, tmp_path, wanted):
    expected = wanted.strip().lower()
    if expected in ("auto", ""):
        expected = kernels[-1]
    if expected not in kernels:
        pytest.skip(f"FASTSOCK_SIMD={expected}: this processor lacks {expected}")
    texts = [(AF_INET, V4), (AF_INET6, V6), (AF_INET6, FULL6), (AF_UNSPEC, V4), (AF_UNSPEC, V6)]
    report = kernel_runs(run_python, tmp_path, wanted, texts)
    assert report["simd"] == expected
    own_kernel = "scalar" if expected == "scalar" else "sse41"  # the best one there is for lines
    for (family, text), (kernel, rows, own) in zip(texts, report["runs"], strict=True):
        assert (kernel, rows) == (own_kernel, 200)
        if expected == "scalar":
            assert own == 0
        else:
            # All but the rows too near to the end for a whole load.
            near = text.encode()[-(BLOCK6 if family == AF_INET6 or ":" in text else 17) :]
            assert own >= 200 - near.count(b"\n") - 1


def test_what_the_steps_decline(kernels, run_python, tmp_path):
    """Bad rows and dotted tails take the scalar path, row by row; the rows around them do not."""
    if kernels == ("scalar",):
        pytest.skip("this processor has the scalar kernel alone")
    tail = "\n" + "x" * 60
    cases = [
        (AF_INET, "1.2.3.4\nbad\n1.2.3.04\n5.6.7.8" + tail),
        (AF_INET6, "::1\n::ffff:1.2.3.4\n::2" + tail),
        (AF_UNSPEC, "::1\n1.2.3.4\n\n::ffff:1.2.3.4\n::2" + tail),
        (AF_INET, "1.2.3.4\r\n5.6.7.8\r\n9.9.9.9" + tail),
        (AF_INET, "255.255.255.255\r\n" * 5 + tail[1:]),
        (AF_INET6, ("ffff:" * 7 + "ffff\r\n") * 5 + tail[1:]),
    ]
    runs = kernel_runs(run_python, tmp_path, "auto", cases)["runs"]
    assert [run[1:] for run in runs] == [[5, 2], [4, 2], [6, 3], [4, 3], [6, 5], [6, 5]]


@pytest.mark.parametrize("value", ["avx512", "none", "sse4.1", "1", "scalar,sse41"])
def test_unknown_kernel_is_an_import_error(machine, run_python, value):
    done = run_python("-c", "import fastsock", FASTSOCK_SIMD=value)
    assert done.returncode == 1
    choices = "auto, scalar, sse41, sse42, avx2"
    assert f"ImportError: FASTSOCK_SIMD={value!r}: expected one of {choices}" in done.stderr


PREFIX = """
import json, sys
from fastsock._core import machine
from fastsock.prefix import PrefixSet, _c as prefix
allowed = PrefixSet(["192.0.2.0/25", "10.0.0.0/8", "2001:db8::/33"])
four = b"".join(bytes([192, 0, 2, n]) for n in range(256))
six = b"".join(bytes.fromhex("20010db8") + bytes([n]) + bytes(11) for n in range(256))
found = [allowed.contains_many(family, packed) for family, packed in ((2, four), (10, six))]
json.dump([machine.SIMD, prefix._KERNEL, [bytes(one).hex() for one in found]], sys.stdout)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the script has Linux's number of AF_INET6")
@pytest.mark.parametrize("wanted", ["scalar", "sse41", "sse42", "avx2"])
def test_avx2_governs_prefixes(kernels, run_python, wanted):
    if wanted not in kernels:
        pytest.skip(f"FASTSOCK_SIMD={wanted}: this processor lacks {wanted}")
    done = run_python("-c", PREFIX, FASTSOCK_SIMD=wanted)
    assert done.returncode == 0, done.stderr
    simd, kernel, found = json.loads(done.stdout)
    assert (simd, kernel) == (wanted, "avx2" if wanted == "avx2" else "scalar")
    assert found == [(b"\1" * 128 + bytes(128)).hex()] * 2


def test_x86_64_has_avx2(kernels, cpuinfo):
    """The system says so, and also whether it saves the wide registers."""
    assert ("avx2" in kernels) == ("avx2" in cpuinfo and "popcnt" in cpuinfo)


def test_kernel_that_cannot_run_here_is_an_import_error(machine, monkeypatch):
    """The refusal on a processor with the scalar kernel alone, which this one need not be."""
    monkeypatch.setattr(machine, "SIMD_SUPPORTED", ("scalar",))
    monkeypatch.setenv("FASTSOCK_SIMD", "sse41")
    with pytest.raises(
        ValueError, match="FASTSOCK_SIMD='sse41': this processor and build have scalar"
    ):
        machine._chosen()


# All kernels agree

ALPHABET = b"0123456789abcdefABCDEF.:\n\r \x00\xff%gG/@`x"


def mutate(rng, text):
    """A text with a few bytes changed, dropped, doubled or swapped for a neighbour in ASCII."""
    text = bytearray(text)
    for _ in range(rng.randrange(6)):
        at = rng.randrange(len(text) + 1)
        how = rng.randrange(5)
        if how == 0:
            text[at : at + 1] = [rng.choice(ALPHABET)]
        elif how == 1:
            del text[at : at + 1]
        elif how == 2:
            text.insert(at, rng.choice(ALPHABET))
        elif how == 3:
            text[at : at + 1] = [(b + rng.choice((-1, 1))) % 256 for b in text[at : at + 1]]
        else:
            text[at:at] = text[at : at + rng.randrange(1, 9)]
    return bytes(text)


def blobs(seed, count):
    rng = random.Random(seed)

    def v4():
        return ".".join(str(rng.randrange(rng.choice((10, 100, 256)))) for _ in range(4))

    def groups(count):
        return ":".join(f"{rng.getrandbits(rng.choice((4, 8, 12, 16))):x}" for _ in range(count))

    forms = [
        v4,
        lambda: groups(8),
        lambda: f"{groups(rng.randrange(6))}::{groups(rng.randrange(5))}",
        lambda: f"::{groups(rng.randrange(8))}",
        lambda: f"{groups(rng.randrange(1, 8))}::",
        lambda: f"::ffff:{v4()}",
        lambda: groups(rng.randrange(1, 10)),
    ]
    for _ in range(count):
        newline = rng.choice(("\n", "\r\n"))
        rows = newline.join(rng.choice(forms)() for _ in range(rng.randrange(1, 12)))
        yield mutate(rng, rows.encode() + newline.encode() * rng.randrange(2))


AGREE = """
import ast, hashlib, sys
from socket import AF_INET, AF_INET6, AF_UNSPEC
from fastsock import inet_pton_many

for line in open(sys.argv[1]):
    blob = ast.literal_eval(line)
    items = blob.decode("latin-1").split("\\n")
    results = [
        inet_pton_many(family, texts, errors="mask")
        for family in (AF_INET, AF_INET6, AF_UNSPEC)
        for texts in (blob, items)
    ]
    print(hashlib.sha256(repr(results).encode()).hexdigest())
"""


def test_all_kernels_agree(kernels, run_python, tmp_path):
    """On texts and lists: each in an interpreter of its own, against the pure twin in this one."""
    inputs = list(blobs(seed=4, count=4000))
    expected = []
    for blob in inputs:
        items = blob.decode("latin-1").split("\n")
        results = [
            pure.inet_pton_many(family, texts, errors="mask")
            for family in (AF_INET, AF_INET6, AF_UNSPEC)
            for texts in (blob, items)
        ]
        expected.append(hashlib.sha256(repr(results).encode()).hexdigest())
    file = tmp_path / "blobs"
    file.write_text("".join(f"{blob!r}\n" for blob in inputs))
    for kernel in kernels:
        done = run_python("-c", AGREE, str(file), FASTSOCK_SIMD=kernel, FASTSOCK_BACKEND="c")
        assert done.returncode == 0, done.stderr
        digests = done.stdout.split()
        assert len(digests) == len(inputs)
        differ = [blob for blob, a, b in zip(inputs, digests, expected, strict=True) if a != b]
        assert differ == [], f"{kernel} differs from the pure twin on {len(differ)} texts"
