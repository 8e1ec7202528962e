"""ASGI middleware: the client of a request, told by proxies, but only by those that are trusted.

    python trusted_proxies.py [--port PORT] [--proxy]    # or, with X-Forwarded-For only:
    uvicorn --no-proxy-headers trusted_proxies:app       # uvicorn's own trust in headers is off

A client can write any X-Forwarded-For. Each proxy appends the address that it was called from, so
the list is read from its end, as long as trusted proxies wrote it: the first address that is not
one of theirs is the client's. With ``--proxy``, a connection from a trusted network starts with a
PROXY header, whose client is then the first one of that list.
"""

import argparse

from fastsock import NeedMore, PrefixSet, ProxyError, parse_proxy

TRUSTED = ["127.0.0.0/8", "::1/128", "10.0.0.0/8"]
HEADER_TIMEOUT = 10


def is_in(text, networks):
    """Whether a text is an address in a set. Others are in none: a path, "unknown", anything."""
    try:
        return text in networks
    except ValueError:
        return None


class TrustedProxies:
    """Set ``scope["client"]`` from X-Forwarded-For behind trusted networks."""

    def __init__(self, app, trusted):
        self.app = app
        self.trusted = PrefixSet(trusted)

    async def __call__(self, scope, receive, send):
        if scope["type"] in ("http", "websocket") and scope.get("client"):
            host, port = scope["client"]
            client = self.client(host, scope["headers"])
            scope = {**scope, "client": (client, port if client == host else 0)}
        await self.app(scope, receive, send)

    def client(self, host, headers):
        chain = [
            part.strip()
            for name, value in headers
            if name == b"x-forwarded-for"
            for part in value.decode("latin-1").split(",")
        ]
        while chain and is_in(host, self.trusted):
            if is_in(chain[-1], self.trusted) is None:
                break  # whoever wrote it, this is no address: keep what is known
            host = chain.pop()
        return host


def reading_proxy(protocol, trusted):
    """A class of uvicorn's that reads a PROXY header first, where a trusted peer connects."""
    networks = PrefixSet(trusted)

    class ProxyProtocol(protocol):
        head = None

        def connection_made(self, transport):
            super().connection_made(transport)
            if self.client and is_in(self.client[0], networks):
                self.head = b""
                self.timer = self.loop.call_later(HEADER_TIMEOUT, transport.abort)

        def data_received(self, data):
            if self.head is not None:
                self.head += data
                try:
                    found = parse_proxy(self.head)
                except ProxyError:
                    self.transport.abort()
                    return
                if isinstance(found, NeedMore):
                    return
                header, size = found
                data, self.head = self.head[size:], None
                self.timer.cancel()
                if isinstance(header.source, tuple):  # else it is the proxy's own, or a path
                    self.client = header.source
            if data:
                super().data_received(data)

        def connection_lost(self, exc):
            if self.head is not None:
                self.timer.cancel()
            super().connection_lost(exc)

    return ProxyProtocol


async def hello(scope, receive, send):
    client = scope.get("client")  # None at a UNIX socket
    body = f"you are {client[0] if client else 'local'}\n".encode()
    await send({"type": "http.response.start", "status": 200,
                "headers": [(b"content-length", b"%d" % len(body))]})  # fmt: skip
    await send({"type": "http.response.body", "body": body})


app = TrustedProxies(hello, TRUSTED)


def main():
    import uvicorn
    from uvicorn.protocols.http.h11_impl import H11Protocol

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--proxy", action="store_true", help="connections start with PROXY")
    args = parser.parse_args()
    http = reading_proxy(H11Protocol, TRUSTED) if args.proxy else H11Protocol
    uvicorn.run(app, port=args.port, http=http, ws="none", lifespan="off", proxy_headers=False)


if __name__ == "__main__":
    main()
