"""A process that keeps a socket full: started by `feed`, told by its standard input.

It reads the size of a blob, the blob, and then a byte for every time that it is to send it.
"""

import socket
import sys

CHUNK = 1 << 16


def main() -> None:
    orders = sys.stdin.buffer
    blob = memoryview(orders.read(int.from_bytes(orders.read(8), "big")))
    chunks = [blob[at : at + CHUNK] for at in range(0, len(blob), CHUNK)]
    with socket.socket(fileno=int(sys.argv[1])) as sock:
        while orders.read(1):
            for chunk in chunks:
                sock.sendall(chunk)


if __name__ == "__main__":
    main()
