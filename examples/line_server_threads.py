"""Answer every line with its length and its text in capitals: one thread a connection.

    python examples/line_server_threads.py --port 7001

A line that is too long is answered by an error and skipped, and the connection lives on. Who
takes too long for a line is cut off, also if a byte comes in every second of it.
"""

import argparse
import socketserver

from fastsock import LimitOverrunError, Lines, SocketReader

LINES = Lines(max_frame=1000)  # ending in LF or CRLF


class LineHandler(socketserver.BaseRequestHandler):
    server: "Server"

    def handle(self) -> None:
        reader = SocketReader(self.request)
        try:
            while self.answer(reader):
                pass
        except OSError as error:
            print(f"{self.client_address}: {error}")

    def answer(self, reader: SocketReader) -> bool:
        """Answer the lines that have come; False at the end of the stream."""
        try:
            lines = reader.frames(LINES, timeout=self.server.seconds)
        except TimeoutError:
            self.request.sendall(b"error: too slow\n")
            return False
        except LimitOverrunError:
            # The good lines in front were answered in the turn before. What is still to come of
            # this one is dropped as it comes, up to its newline.
            reader.accumulator.skip_frame(LINES)
            self.request.sendall(b"error: line too long\n")
            return True
        self.request.sendall(b"".join(b"%d %b\n" % (len(line), line.upper()) for line in lines))
        return bool(lines)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description="answer lines by their length and in capitals")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=7001, help="0 for any that is free")
    parser.add_argument("--timeout", type=float, default=60, help="seconds for a line")
    options = parser.parse_args()
    with Server((options.host, options.port), LineHandler) as server:
        server.seconds = options.timeout
        print("listening on port", server.server_address[1], flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
