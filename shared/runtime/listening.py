"""Whether a server could listen on an address, asked before there is one."""

import socket


class PortTaken(Exception):
    """Nobody can listen there; the message says where, why, and what to do."""


def listenable(host: str, port: int) -> None:
    """Raises `PortTaken` unless a server could listen there now: said before anything else is started."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as error:
        raise PortTaken(f"{host} is no address to listen on: {error.strerror}") from error
    with socket.socket(family, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does: a port just left is free
        try:
            probe.bind(address)
        except OSError as error:
            raise PortTaken(f"{host}:{port}: {error.strerror}; choose another with --port, 0 for a free one") from error
