"""Send every message back: an echo server, one thread a connection.

    python examples/echo_server_threads.py --port 7000

A message is a length in four bytes, big endian, and as many bytes.
"""

import argparse
import socketserver
import struct

from fastsock import FrameError, IncompleteReadError, LengthPrefix, SocketReader

# Larger messages are refused by their length, before anything is stored of them.
FRAMER = LengthPrefix(4, max_frame=1 << 20)


class Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        reader = SocketReader(self.request)
        try:
            # All whole messages that have come, at once; an empty list is the end of the stream.
            while messages := reader.frames(FRAMER):
                self.request.sendall(b"".join(map(framed, messages)))
        except FrameError as error:
            print(f"{self.client_address}: {error}")  # where the next message starts nobody knows
        except IncompleteReadError as error:
            print(f"{self.client_address}: hung up inside a message: {error}")
        except OSError as error:
            print(f"{self.client_address}: {error}")


def framed(message: bytes) -> bytes:
    return struct.pack(">I", len(message)) + message


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def main() -> None:
    parser = argparse.ArgumentParser(description="send every length-prefixed message back")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=7000, help="0 for any that is free")
    options = parser.parse_args()
    with Server((options.host, options.port), Echo) as server:
        print("listening on port", server.server_address[1], flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
