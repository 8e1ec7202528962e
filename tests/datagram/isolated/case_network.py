"""Run in a network namespace of its own: many senders in further ones, over veth.

    python case_network.py {c,py} {gro,plain} [{netem,nft} PERCENT]

Sequence numbers show that no delivered datagram is lost or duplicated.
"""

import os
import select
import socket
import struct
import subprocess
import sys
from importlib import import_module

from fastsock.datagram import constants, info, open_datagram_socket, support

tag, mode, *loss = sys.argv[1:]  # what loses datagrams, and how many of a hundred
datagram = import_module(f"fastsock.datagram._{tag}")
SENDERS, COUNT = 3, 2000
SIZES = [60, 1200, 1372, 1400, 3000]  # the MTU is 1400: the last ones are fragmented
HEAD = struct.Struct("!HII")


def shell(script):
    subprocess.run(["sh", "-ec", script], check=True)


def send(number, family, port):
    """Send numbered datagrams from a namespace of this process's own."""
    remote = (f"10.9.{number}.1", port) if family == socket.AF_INET else (f"fd09:{number}::1", port)
    with open_datagram_socket(remote=remote) as sock:
        for start in range(0, COUNT, 50):
            batch = []
            for sequence in range(start, start + 50):
                size = SIZES[sequence // 50 % len(SIZES)] - (sequence % 7 == 6)
                batch.append(HEAD.pack(number, sequence, size).ljust(size, b"-"))
            done = 0
            while done < len(batch):
                done += datagram.send_batch(sock, batch[done:])
            os.read(0, 1)  # the receiver has these, or counts them as lost
        told = info(sock)
        # Trains larger than the path are refused once, and then not tried again.
        assert told["gso_limit"] < 3000, told
        assert told["gso_limit"] >= 1200, told


def join(number, family, port, child, pipe):
    shell(f"""ip link add v{number} type veth peer name p{number} netns {child}
        ip link set v{number} mtu 1400 up
        ip address add 10.9.{number}.1/24 dev v{number}
        ip address add fd09:{number}::1/64 dev v{number} nodad
        nsenter -t {child} -n sh -ec '
            ip link set p{number} mtu 1400 up
            ip address add 10.9.{number}.2/24 dev p{number}
            ip address add fd09:{number}::2/64 dev p{number} nodad'""")
    if loss and loss[0] == "netem":
        shell(f"nsenter -t {child} -n tc qdisc add dev p{number} root netem loss {loss[1]}%")
    os.write(pipe, b"x")


def child_of(number, family, port):
    """Start a process in its own network namespace, which waits until it is joined."""
    go, pipe = os.pipe()
    ready, told = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.unshare(os.CLONE_NEWNET) if hasattr(os, "unshare") else unshare()
            os.dup2(go, 0)
            os.write(told, b"x")
            os.read(0, 1)
            send(number, family, port)
            status = 0
        finally:
            os._exit(status)
    os.close(go)
    os.read(ready, 1)
    os.close(ready), os.close(told)
    return child, pipe


def unshare():
    import ctypes

    if ctypes.CDLL(None, use_errno=True).unshare(0x40000000):
        raise OSError(ctypes.get_errno(), "unshare")


def lose(percent):
    """Drop received datagrams and fragments by chance, before the socket sees them."""
    shell(f"""nft add table inet lossy
        nft add chain inet lossy link '{{ type filter hook prerouting priority -450; }}'
        nft add rule inet lossy link meta l4proto udp numgen random mod 100 '<' {percent} drop""")


def main():
    shell("ip link set lo up")
    if loss and loss[0] == "nft":
        lose(loss[1])
    here = open_datagram_socket(("::", 0), dualstack=True, rcvbuf=1 << 23)
    batch = datagram.DatagramBatch(16, 4096, gro=mode == "gro", mapped="ipv4", local=True)
    support.prepare(here, support.LOCAL | (support.GRO if mode == "gro" else 0))
    port = here.getsockname()[1]
    families = [socket.AF_INET, socket.AF_INET6, socket.AF_INET]
    children = [child_of(n, families[n], port) for n in range(SENDERS)]
    for n, (child, pipe) in enumerate(children):
        join(n, families[n], port, child, pipe)
    got = [[] for _ in range(SENDERS)]
    given = [0] * SENDERS
    here.setblocking(False)
    while any(len(rows) < COUNT for rows in got):
        ready, _, _ = select.select([here], [], [], 0.2 if loss else 10)
        if not ready and not loss:
            raise AssertionError(f"only {list(map(len, got))} came")
        if ready:
            count = batch.recv(here)
            rows = list(zip(batch.payloads(), batch.peers(), batch.truncated, strict=True))
            assert len(rows) == count
            width = len(batch.local_addresses) // count
            for row, (data, peer, truncated) in enumerate(rows):
                number, sequence, size = HEAD.unpack_from(data)
                assert not truncated
                assert data == HEAD.pack(number, sequence, size).ljust(size, b"-")
                wanted = f"10.9.{number}.2" if number != 1 else "fd09:1::2"
                assert peer[0] == wanted, peer
                local = batch.local_addresses[row * width : (row + 1) * width]
                assert local.endswith(bytes([9, number, 1]) if number != 1 else b"\0\x01"), local
                got[number].append(sequence)
        for number, (_, pipe) in enumerate(children):
            step = 50 * (given[number] + 1)
            if (len(got[number]) >= step or (loss and not ready)) and step <= COUNT:
                given[number] += 1
                os.write(pipe, b"x")
        if loss and min(given) == COUNT // 50 and not ready:
            break
    for child, _ in children:
        assert os.waitpid(child, 0)[1] == 0
    for rows in got:
        assert len(set(rows)) == len(rows), "doubled"
        if loss:
            assert COUNT // 2 < len(rows) < COUNT
        else:
            assert rows == list(range(COUNT)), "lost, or out of order"
    room = here.getsockopt(socket.SOL_SOCKET, constants.SO_MEMINFO, 36)
    assert struct.unpack("9I", room)[8] == batch.dropped == 0
    print(*map(len, got))


main()
