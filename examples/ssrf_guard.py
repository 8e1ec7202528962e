"""Fetch a page for a user, but never from one's own network: python ssrf_guard.py HOST [PORT].

Names are resolved first and every address is judged; only then one is dialled, by its address, so a
name that changes between the two is no way in. An IPv6 address is judged by the IPv4 address inside
of it as well: NAT64, 6to4 and Teredo lead to IPv4 networks.
"""

import sys
from socket import SOCK_STREAM, create_connection

from fastsock import getaddrinfo
from fastsock.prefix import embedded_ipv4, special

PUBLIC = special("global") - special("multicast")


def is_public(address):
    address = address.partition("%")[0]
    return address in PUBLIC and (embedded_ipv4(address) or address) in PUBLIC


def connect_public(host, port, timeout=5):
    rows = getaddrinfo(host, port, type=SOCK_STREAM)
    allowed = [row[4] for row in rows if is_public(row[4][0])]
    if not allowed:
        raise PermissionError(f"{host} has no public address")
    error = None
    for sockaddr in allowed:
        try:
            return create_connection(sockaddr[:2], timeout)
        except OSError as failed:
            error = failed
    raise error


def main():
    host, port = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 80
    try:
        sock = connect_public(host, port)
    except PermissionError as refused:
        sys.exit(str(refused))
    with sock:
        sock.sendall(f"HEAD / HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
        print(sock.recv(4096).decode("latin-1").splitlines()[0])


if __name__ == "__main__":
    main()
