"""Where the page is served."""

from __future__ import annotations

import socket
import sys
from types import SimpleNamespace
from urllib.request import urlopen

from ik_solver_node.exceptions import MissingDependencyError, OptionsError
from ik_solver_node.web import (
    address_of, free_port, is_own_page, LAST_PORT, load_viser, open_server)
from pages import page_server
import pytest


def test_the_page_is_served_on_this_machine_only() -> None:
    """And says nothing on the terminal."""
    with page_server() as server:
        address = address_of(server, '127.0.0.1')
        assert address.startswith('http://127.0.0.1:')
        with urlopen(address) as answer:
            assert b'<canvas' in (page := answer.read()) or b'<script' in page


@pytest.mark.parametrize('origin, is_welcome', [
    (None, True), ('http://{}', True), ('http://evil.example', False), ('null', False),
    ('http://127.0.0.1:1', False)])
def test_only_its_own_pages_may_talk_to_it(
        caplog: pytest.LogCaptureFixture, origin: str | None, is_welcome: bool) -> None:
    """A page of somebody else is turned away before it is heard."""
    with page_server() as server:
        from viser import __version__
        from websockets.exceptions import ConnectionClosed
        from websockets.sync.client import connect
        place = address_of(server, '127.0.0.1').removeprefix('http://')
        connected = []
        server._websock_server.on_client_connect(lambda client: connected.append(client))
        with connect(f'ws://{place}', origin=origin and origin.format(place),
                     subprotocols=[f'viser-v{__version__}']) as client:
            if is_welcome:
                client.recv(timeout=10.0)
            else:
                with pytest.raises(ConnectionClosed, match='served by somebody else'):
                    client.recv(timeout=10.0)
        assert bool(connected) == is_welcome
        assert is_welcome or server._websock_server._client_state_from_id == {}


@pytest.mark.parametrize('origin, asked, host, is_welcome', [
    ('http://localhost:80', 'localhost:80', '127.0.0.1', True),
    ('http://[::1]:80', '[::1]:80', '::1', True),
    ('http://evil.example:80', 'evil.example:80', '127.0.0.1', False),
    ('http://robot:80', 'robot:80', '0.0.0.0', True),
    ('http://evil.example', 'robot:80', '0.0.0.0', False)])
def test_names_of_this_machine(origin: str, asked: str, host: str, is_welcome: bool) -> None:
    """A name that somebody else gave it is none, while it is for itself."""
    assert is_own_page(origin, asked, host) == is_welcome


def test_a_port_that_is_taken_is_passed_over(capsys: pytest.CaptureFixture[str]) -> None:
    """The next one that is free is used."""
    pytest.importorskip('viser')
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        taken.listen()
        port = taken.getsockname()[1]
        if port == LAST_PORT:
            pytest.skip('there is no port after this one')
        server = open_server('127.0.0.1', port)
        found = server.get_port()
        assert capsys.readouterr().out == ''
        server.stop()
    assert found > port


def test_no_port_is_left() -> None:
    """The message says which one was asked for."""
    with socket.socket() as taken:
        try:
            taken.bind(('127.0.0.1', LAST_PORT))
        except OSError:
            pass  # somebody else has it, which is as good
        else:
            taken.listen()
        with pytest.raises(OptionsError, match=f'port is {LAST_PORT}, but no port'):
            free_port('127.0.0.1', LAST_PORT)


@pytest.mark.parametrize('host', ['192.0.2.1', 'no.such.host.invalid'])
def test_the_host_must_be_this_machine(host: str) -> None:
    """Else nothing would ever be served."""
    with pytest.raises(OptionsError, match=f"host is '{host}', but must be an address of this"):
        free_port(host, 0)


@pytest.mark.parametrize('host, address', [
    ('0.0.0.0', 'http://localhost:80'), ('::', 'http://localhost:80'),
    ('::1', 'http://[::1]:80'), ('robot', 'http://robot:80')])
def test_addresses(host: str, address: str) -> None:
    """What can be typed into a browser."""
    assert address_of(SimpleNamespace(get_port=lambda: 80), host) == address


def test_without_viser_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one sentence."""
    monkeypatch.setitem(sys.modules, 'viser', None)
    with pytest.raises(MissingDependencyError, match="run \"pip install 'viser>=1.1,<1.2'"):
        load_viser()
