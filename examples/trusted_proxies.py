"""ASGI middleware: the client of a request, told by proxies, but only by those that are trusted.

    uvicorn trusted_proxies:app

A client can write any X-Forwarded-For. Each proxy appends the address that it was called from, so
the list is read from its end, as long as trusted proxies wrote it: the first address that is not
one of theirs is the client's. A PROXY header is read before the server sees the request
(`fastsock.aio.start_server`); what it tells is the peer's address here.
"""

from fastsock.address import AddressError
from fastsock.prefix import PrefixSet


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
        while chain and self.is_trusted(host):
            if not self.is_address(chain[-1]):
                break  # whoever wrote it, this is no address: keep what is known
            host = chain.pop()
        return host

    def is_trusted(self, host):
        return self.is_address(host) and host in self.trusted

    def is_address(self, text):
        try:
            return text in self.trusted or True
        except (AddressError, ValueError):  # a UNIX socket's path, "unknown", anything
            return False


async def hello(scope, receive, send):
    body = f"you are {scope['client'][0]}\n".encode()
    await send({"type": "http.response.start", "status": 200,
                "headers": [(b"content-length", b"%d" % len(body))]})  # fmt: skip
    await send({"type": "http.response.body", "body": body})


app = TrustedProxies(hello, ["127.0.0.0/8", "::1/128", "10.0.0.0/8"])
