"""Look-ups in a private network: tests/isolated/case_*.py.

Each file runs by pytest in private network and mount namespaces, as root or, with
a user namespace, as anybody. Nothing leaves the machine: it has loopback alone,
an /etc of the test's own, and at most a cable that ends nowhere.
"""

import shutil
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parents[1]
CASES = HERE / "isolated"
NSSWITCH = "hosts: files dns\nservices: files\nprotocols: files\n"
RESOLV = "nameserver 127.0.0.1\nsearch test\noptions timeout:5 attempts:1\n"
HOSTS = "127.0.0.1 localhost\n::1 localhost\n192.0.2.77 thishost.test thishost\n"
BLACKHOLE = """
ip link add v0 type veth peer name v1
ip addr add 198.51.100.2/24 dev v0
ip link set v0 up
ip link set v1 up
ip neigh add 198.51.100.1 lladdr 02:00:00:00:00:09 dev v0
"""


@pytest.fixture
def etc(tmp_path):
    """The folder that is /etc in there."""
    etc = tmp_path / "etc"
    etc.mkdir()
    for name in ("services", "protocols"):
        if Path("/etc", name).exists():
            shutil.copy(Path("/etc", name), etc)
    (etc / "nsswitch.conf").write_text(NSSWITCH)
    (etc / "resolv.conf").write_text(RESOLV)
    (etc / "hosts").write_text(HOSTS)
    return etc


def run(namespace, case, etc, tmp_path, more=""):
    done = namespace.run(
        f'ip link set lo up\n{more}\nmount --bind "$1" /etc\nshift\nexec "$@"',
        *(etc, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short"),
        *("-c", HERE.parent / "pyproject.toml", f"--basetemp={tmp_path / 'inner'}"),
        *("--rootdir", HERE.parent, CASES / f"case_{case}.py"),
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert "skipped" not in done.stdout, done.stdout


@pytest.mark.parametrize("case", ["names", "resolver"])
def test_with_a_name_server_of_our_own(namespace, etc, tmp_path, case):
    run(namespace, case, etc, tmp_path)


def test_services_files_as_libc_reads_them(namespace, etc, tmp_path):
    run(namespace, "services", etc, tmp_path)


def test_connect_past_a_black_hole(namespace, etc, tmp_path):
    run(namespace, "blackhole", etc, tmp_path, BLACKHOLE)


def test_with_nothing_in_etc(namespace, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    run(namespace, "empty_etc", empty, tmp_path)


def test_with_dnsmasq(namespace, etc, tmp_path):
    if not shutil.which("dnsmasq", path=namespace.path):
        pytest.skip("there is no dnsmasq (Debian: dnsmasq-base)")
    (etc / "passwd").write_text("root:x:0:0::/:/bin/sh\n")
    (etc / "group").write_text("root:x:0:\n")
    run(namespace, "dnsmasq", etc, tmp_path)
