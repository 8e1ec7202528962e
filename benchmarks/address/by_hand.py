"""Hosts with ports, split and joined by hand."""


def parse_hostport(text: str) -> tuple[str, int]:
    host, colon, digits = text.rpartition(":")
    port = int(digits)
    if not colon or not host or not 0 <= port <= 65535:
        raise ValueError("no host and port")
    return (host[1:-1] if host[0] == "[" else host), port


def format_hostport(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
