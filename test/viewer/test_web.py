"""Where the page is served."""

from __future__ import annotations

import socket
import sys
from types import SimpleNamespace
from urllib.request import urlopen

from ik_solver_node.exceptions import MissingDependencyError, OptionsError
from ik_solver_node.viewer.web import address_of, free_port, LAST_PORT, load_viser, open_server
from pages import page_server
import pytest


def test_the_page_is_served_on_this_machine_only() -> None:
    """And says nothing on the terminal."""
    with page_server() as server:
        address = address_of(server, '127.0.0.1')
        assert address.startswith('http://127.0.0.1:')
        with urlopen(address) as answer:
            assert b'<canvas' in (page := answer.read()) or b'<script' in page


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
    with pytest.raises(MissingDependencyError, match="run \"pip install 'viser>=1.1,<2'"):
        load_viser()
