"""The server of a page: of the viewer, and of the gallery."""

from __future__ import annotations

from contextlib import closing, redirect_stdout
import errno
import io
import ipaddress
import socket
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from ik_solver_node.exceptions import MissingDependencyError, OptionsError

LAST_PORT = 65535
"""The highest port that there is."""


def load_viser() -> ModuleType:
    """Return the package viser; raises `MissingDependencyError` if it is not installed."""
    try:
        import viser
    except ImportError as error:
        raise MissingDependencyError(
            'what is shown in a browser needs viser, which is not installed or lacks something '
            f'({error}); run "pip install \'viser>=1.1,<1.2\' pycollada"') from error
    return viser


def open_server(host: str, port: int) -> Any:
    """
    Return a server of viser, with an empty page.

    Parameters
    ----------
    host : str
        Address to serve on.
    port : int
        Where to begin to look for a port that is free; 0 for any.

    Raises
    ------
    MissingDependencyError
        If viser is not installed.
    OptionsError
        If the host is not one of this machine, or no port is free.

    """
    viser = load_viser()
    free = free_port(host, port)
    with redirect_stdout(io.StringIO()):  # it prints its address; who asked for the page says it
        server = viser.ViserServer(host=host, port=free, verbose=False)
    _keep_strangers_out(server, host)
    # The button to share would lead the page through a server of others.
    server.gui.configure_theme(show_logo=False, show_share_button=False, control_width='medium')
    return server


def _keep_strangers_out(server: Any, host: str) -> None:
    """
    Let only pages that this server has served talk to it.

    Browsers let every page connect to every server, also to one on this machine; they only say
    from which page it comes. viser does not look at that, and a page that somebody happens to have
    open beside this one could move the arm.
    """
    sockets = server._websock_server

    async def look(client: Any) -> None:
        connection = sockets._live_connections[client.client_id]
        headers = connection.request.headers
        if not is_own_page(headers.get('Origin'), headers.get('Host', ''), host):
            sockets._live_connections.pop(client.client_id)
            sockets._client_state_from_id.pop(client.client_id)
            await connection.close(1008, 'this page was served by somebody else')
            # What it has sent by now would still be read; this ends the conversation.
            raise ConnectionAbortedError(f'a page of {headers.get("Origin")} was turned away')

    sockets.on_client_connect(look)


def is_own_page(origin: str | None, asked: str, host: str) -> bool:
    """
    Return whether a page may talk to the server.

    Parameters
    ----------
    origin : str or None
        Where the browser says that the page comes from; None if it is no browser.
    asked : str
        The host and port that it has asked for.
    host : str
        The address that is served on. If it is one of this machine alone, its name must be, too:
        else somebody could give this machine a name of theirs.

    """
    if origin is not None and urlsplit(origin).netloc != asked:
        return False
    return not _is_loopback(host) or _is_loopback(urlsplit(f'//{asked}').hostname or '')


def _is_loopback(host: str) -> bool:
    """Return whether a host can be reached from this machine alone."""
    try:
        return host == 'localhost' or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def free_port(host: str, port: int) -> int:
    """Return the first port from `port` on that is free, any for 0; raises `OptionsError`."""
    for candidate in [0] if port == 0 else range(port, LAST_PORT + 1):
        try:
            return _bound_port(host, candidate)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise OptionsError(
                    f'host is {host!r}, but must be an address of this machine, such as '
                    f'127.0.0.1: {error.strerror or error}') from error
    raise OptionsError(f'port is {port}, but no port from there on is free')


def _bound_port(host: str, port: int) -> int:
    """Return the port that one gets by asking for `port`; raises OSError."""
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with closing(socket.socket(family, kind)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)
        probe.listen()
        return int(probe.getsockname()[1])


def address_of(server: Any, host: str) -> str:
    """Return what to type into a browser."""
    shown = 'localhost' if host in ('', '0.0.0.0', '::') else host
    return f'http://{f"[{shown}]" if ":" in shown else shown}:{server.get_port()}'
