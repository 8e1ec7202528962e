"""Fetch a page for a user, but never from one's own network: python ssrf_guard.py HOST [PORT].

`allow=` judges every address of the host, and only one that passed is dialled, so a name that
changes between the look-up and the connection is no way in. An IPv6 address is judged by the IPv4
address inside of it as well: mapped addresses, NAT64, 6to4 and Teredo lead to IPv4 networks.
"""

import sys

from fastsock import NotAllowedError, PrefixSet, connect, special

# Global unicast: what `ipaddress` calls global has holes in IPv6 beyond 2000::/3, and multicast.
UNICAST = PrefixSet(["0.0.0.0/0", "2000::/3", "64:ff9b::/96"]) - special("multicast")
PUBLIC = special("global") & UNICAST


def fetch_head(host, port, timeout=5):
    with connect((host, port), timeout, allow=PUBLIC) as sock:
        sock.sendall(f"HEAD / HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
        return sock.recv(4096).decode("latin-1").splitlines()[0]


def main():
    host, port = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 80
    try:
        print(fetch_head(host, port))
    except NotAllowedError as refused:
        sys.exit(refused.strerror)


if __name__ == "__main__":
    main()
