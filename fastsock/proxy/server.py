"""PROXY headers for the standard library's `socketserver`, and so for its HTTP server."""

from __future__ import annotations

import socket

from .._core.typed import TYPE_CHECKING
from .header import NeedMore, ProxyHeader
from .trust import FRONT, Rules

if TYPE_CHECKING:
    import ssl
    from collections.abc import Container, Iterable
    from typing import Any, Literal

_NAP = 0.01  # seconds; only for a sender that halts in the first five bytes


class ProxyMixIn:
    r"""A mix-in for servers of `socketserver` behind a load balancer: the PROXY header comes first.

    Each connection's header is read before its handler is made, in the handler's thread with
    `ThreadingMixIn`, and a TLS handshake follows it if there is an `ssl_context`. The handler's
    `client_address` is the client that the header names. A connection without a valid header, or
    whose handshake fails, is closed, and no handler is made. Put the mix-in first, and set its
    class attributes.

    Attributes:
        proxy: True, or ``"optional"`` where a connection may start without a header.
        trusted: the senders whose headers count: networks as text or of `ipaddress`, or a set of
            addresses with `in`; None for all. A connection from elsewhere is closed; with
            ``"optional"`` it is served by its own address, and a header is not read. It is
            needed with ``"optional"``, but for UNIX sockets, whose path says who may connect.
        proxy_timeout: seconds for the header, and as many for the TLS handshake.
        ssl_context: the TLS settings of a server, or None.

    Raises:
        ValueError, TypeError: when the server is activated: `proxy` is none of its values,
            `trusted` is missing or a bad network.

    >>> import socket, socketserver, threading
    >>> class Who(socketserver.StreamRequestHandler):
    ...     def handle(self):
    ...         header = self.server.proxy_header(self.request)
    ...         self.wfile.write(f"{self.client_address[0]} {header.command}".encode())
    >>> class Server(ProxyMixIn, socketserver.ThreadingTCPServer):
    ...     trusted = ["127.0.0.0/8", "10.0.0.0/8"]
    >>> with Server(("127.0.0.1", 0), Who) as server:
    ...     thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    ...     thread.start()
    ...     with socket.create_connection(server.server_address) as sock:
    ...         sock.sendall(build_proxy_v1(("192.0.2.1", 5000), ("192.0.2.2", 80)))
    ...         print(sock.recv(100, socket.MSG_WAITALL))
    ...     server.shutdown()
    ...     thread.join()
    b'192.0.2.1 PROXY'
    """

    proxy: bool | Literal["optional"] = True
    trusted: Container[str] | Iterable[Any] | None = None
    proxy_timeout: float = 10.0
    ssl_context: ssl.SSLContext | None = None

    def server_activate(self) -> None:
        """Check the settings, then listen."""
        family = getattr(self, "address_family", None)
        closed = family == getattr(socket, "AF_UNIX", object())
        self._rules = Rules(self.proxy, self.trusted, closed=closed)
        self._headers: dict[Any, ProxyHeader | None] = {}  # by the socket that a handler has
        super().server_activate()  # type: ignore[misc]

    def proxy_header(self, request: Any) -> ProxyHeader | None:
        """The header in front of a handler's connection; None where there was none.

        Args:
            request: the handler's `request`.
        """
        return self._headers.get(request)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Read the header, start TLS, and run the handler."""
        own = request.gettimeout()
        try:
            header = self._front(request, client_address)
            request.settimeout(self.proxy_timeout)
            sock = self._secured(request)
            sock.settimeout(own)
        except (OSError, EOFError, ValueError):
            return  # anybody can send these: no word of it in the log
        if header is not None and header.source is not None:
            client_address = header.source
        self._headers[sock] = header
        try:
            super().finish_request(sock, client_address)  # type: ignore[misc]
        finally:
            del self._headers[sock]
            if sock is not request:
                _end_tls(sock)
                self.shutdown_request(sock)  # type: ignore[attr-defined]

    def _secured(self, request: Any) -> Any:
        if self.ssl_context is None:
            return request
        try:
            return self.ssl_context.wrap_socket(request, server_side=True)
        except BaseException:
            request.close()
            raise

    def _front(self, sock: Any, peer: Any) -> ProxyHeader | None:
        """Take the header from a connection, and not a byte more."""
        from time import monotonic, sleep

        if not self._rules.believes(peer):
            return None
        end = monotonic() + self.proxy_timeout

        def receive(size: int, flags: int = 0) -> bytes:
            left = end - monotonic()
            if left <= 0:
                raise TimeoutError("no PROXY header in time")
            sock.settimeout(left)
            return sock.recv(size, flags)  # type: ignore[no-any-return]

        if self._rules.optional:
            # What is taken can't be given back, so the front is looked at first.
            while True:
                front = receive(FRONT, socket.MSG_PEEK)
                if not front or not isinstance(self._rules.parse(front), NeedMore):
                    return None
                if len(front) == FRONT:
                    break
                sleep(_NAP)
        data = b""
        while isinstance(found := self._rules.parse(data), NeedMore):
            piece = receive(found.n)
            if not piece:
                raise EOFError("the stream ended inside a PROXY header")
            data += piece
        return found[0]


def _end_tls(sock: Any) -> None:
    """Send close_notify, and do not wait for the peer's."""
    try:
        sock.setblocking(False)
        sock.unwrap()
    except (OSError, ValueError):
        pass
