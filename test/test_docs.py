"""What README and docs/ tell holds: the code runs, options exist, links lead somewhere."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
import os
from pathlib import Path
import re
import subprocess
import sys

import ik_solver_node
from ik_solver_node import cli
import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / 'docs'))
from doc_pieces import (  # noqa: E402, I100
    anchor_of, HEADING, headings, Pages, PIECE, section, TOLD_BY)

DOCS = sorted((ROOT / 'docs').rglob('*.md'))
PAGES = [ROOT / 'README.md', ROOT / 'CONTRIBUTING.md', *DOCS]
every_page = pytest.mark.parametrize(
    'page', PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())

LINK = re.compile(r'\[[^\]]*\]\(([^)\s]+)\)')
FENCE = re.compile(r'^```([^\n]*)\n(.*?)^```$', re.M | re.S)
IS_FRAGMENT = 'fragment'
"""A word after ``python`` in a fence: what follows is not run."""


def prose(text: str) -> str:
    """Return a page without its fenced code."""
    return FENCE.sub('', text)


def programs(page: Path) -> list[str]:
    """Return the Python on a page that is run."""
    return [code for kind, code in FENCE.findall(page.read_text()) if kind.split() == ['python']]


def commands(page: Path) -> Iterator[str]:
    """Yield the lines of a shell on a page, indented or fenced, continued lines as one."""
    text = page.read_text()
    code = [code for kind, code in FENCE.findall(text) if kind in ('', 'bash', 'sh')]
    code += re.findall(r'^    (\S.*(?:\n      +\S.*)*)$', prose(text), re.M)
    for line in '\n'.join(code).replace('\\\n', ' ').splitlines():
        yield line.partition(' #')[0].strip()


@lru_cache(maxsize=None)
def help_of(*module: str) -> str:
    """Return what a program says about its arguments."""
    done = subprocess.run([sys.executable, '-m', *module, '--help'], capture_output=True,
                          text=True, cwd=ROOT, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def help_for(command: str) -> str | None:
    """Return what is told about the arguments of a command, None if it is not ours."""
    words = command.split()
    if words[:1] == ['ik_solver']:
        assert words[1] in cli.COMMANDS, command
        return help_of('ik_solver_node.cli', words[1])
    if words[:2] == ['python3', 'run.py']:
        if words[2] in ('test', 'docs'):  # whose arguments are those of pytest and Sphinx
            return None
        return help_of({'demo': 'ik_solver_node.ros.demo', 'bench': 'benchmarks'}[words[2]])
    return None


@pytest.mark.parametrize('page', [page for page in [ROOT / 'README.md', *DOCS]
                                  if programs(page)], ids=lambda path: path.stem)
def test_the_python_on_a_page_runs(page: Path) -> None:
    """
    All blocks of a page, one after the other, in one program.

    A block without an import continues the page: what it shows is short, so every public name of
    the library and a `pose` are there for it.
    """
    space = {'__name__': '__main__'}
    for code in programs(page):
        if 'import' not in code:
            for name in ik_solver_node.__all__:
                space.setdefault(name, getattr(ik_solver_node, name))
            space.setdefault('pose', ik_solver_node.Pose([0.4, 0.1, 0.5], [0.0, 0.0, 0.0, 1.0]))
        here = os.getcwd()
        os.chdir(ROOT)
        try:
            exec(compile(code, f'code of {page.name}', 'exec'), space)
        finally:
            os.chdir(here)


@every_page
def test_fragments_are_marked(page: Path) -> None:
    """What is not run says so; and no block is of a kind that this test overlooks."""
    for kind, _ in FENCE.findall(page.read_text()):
        words = kind.split()
        assert words[:1] != ['python'] or words in (['python'], ['python', IS_FRAGMENT]), kind
        assert words[:1] not in (['py'], ['python3'], ['Python']), kind


@every_page
def test_the_options_of_commands_exist(page: Path) -> None:
    """Each --option on a page is one that the command tells about in its help."""
    for command in commands(page):
        told = help_for(command)
        if told is not None:
            for option in re.findall(r'(?<=\s)--[a-z][\w-]*', command):
                assert re.search(rf'{option}\b(?!-)', told), f'{command}: no {option}'


@every_page
def test_the_arguments_of_launch_files_exist(page: Path) -> None:
    """Each name:= for a launch file of ours is one that it declares."""
    for command in commands(page):
        words = command.split()
        if words[:3] == ['ros2', 'launch', 'ik_solver_node']:
            text = (ROOT / 'launch' / words[3]).read_text()
            for word in words[4:]:
                name, is_argument, _ = word.partition(':=')
                assert not is_argument or f"'{name}'" in text, f'{command}: no {name}'


@every_page
def test_parameters_exist(page: Path) -> None:
    """Whatever looks like a parameter of the node in the prose of a page is one."""
    known = set(re.findall(r'^\| `([\w.]+)` \|', (ROOT / 'docs' / 'parameters.md').read_text(),
                           re.M))
    assert len(known) > 50
    groups = {name.partition('.')[0] for name in known if '.' in name}
    named = re.findall(r'`((?:%s)\.[a-z_]+)[`:]' % '|'.join(groups), prose(page.read_text()))
    assert {name for name in named if not name.endswith('.py')} <= known


@every_page
def test_links_lead_somewhere(page: Path) -> None:
    """Each relative link is to a file of the repository, and to a heading that is there."""
    for link in LINK.findall(prose(page.read_text())):
        if re.match(r'[a-z]+:', link):
            continue
        path, _, anchor = link.partition('#')
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f'{link}: there is no {target}'
        if anchor and target.suffix == '.md':
            anchors = [anchor_of(title) for _, _, title in headings(target.read_text())]
            anchors += [f'{name}-1' for name in anchors if anchors.count(name) > 1]
            assert anchor in anchors, f'{link}: the headings are {anchors}'


def test_a_section_ends_at_the_next_heading() -> None:
    """Headings in code are none, and a missing section is an error that lists those there are."""
    text = '# One\nfirst\n```\n# no heading\n```\n## Two, *three*!\nsecond\n'
    assert section(text, 'one') == 'first\n```\n# no heading\n```'
    assert section(text, 'two-three') == 'second'
    with pytest.raises(LookupError, match='#one, #two-three'):
        section(text, 'four')
    assert HEADING.match('#no heading') is None


def test_links_in_pieces_lead_to_the_pages_that_hold_them(tmp_path: Path) -> None:
    """A section of the README links to another one: on the pages it must be another page."""
    (tmp_path / 'deep').mkdir()
    (tmp_path / 'motion.md').write_text('# Motion\n\n[All](../README.md#motion)\n')
    (tmp_path / 'deep' / 'start.md').write_text('see [what moves](../../README.md#motion)\n')
    pages = Pages(tmp_path)
    text, used = pages.complete('deep/start.md', (tmp_path / 'deep' / 'start.md').read_text())
    assert text == 'see [what moves](../motion.md)\n'
    assert used == []
    with pytest.raises(LookupError, match='which no page holds'):
        pages.complete('other.md', 'see [that](../README.md#with-ros-2)\n')
    with pytest.raises(LookupError, match='there is no heading #nothing'):
        pages.complete('other.md', '[That](../README.md#nothing)\n')


def test_every_piece_is_taken_once() -> None:
    """No sentence stands on two pages."""
    taken = [match.group(1, 2) for page in DOCS for match in PIECE.finditer(page.read_text())]
    assert len(taken) == len(set(taken)) > 10


def test_nothing_is_left_out() -> None:
    """Each section of the README, but for its last, and each example is on a page."""
    sections = [anchor_of(title) for _, _, title in headings((ROOT / 'README.md').read_text())]
    taken = {(Path(match[1]).name, match[2] or '') for page in DOCS
             for match in PIECE.finditer(page.read_text())} | set(TOLD_BY)
    assert [anchor for anchor in sections[:-1] if ('README.md', anchor) not in taken] == []
    assert [path.name for path in sorted((ROOT / 'examples').glob('*.py'))
            if (path.name, '') not in taken] == []


@pytest.fixture(scope='module')
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the pages as HTML; every warning is an error."""
    pytest.importorskip('sphinx', reason='requirements/docs.txt is not installed')
    folder = tmp_path_factory.mktemp('docs')
    done = subprocess.run(
        [sys.executable, '-m', 'sphinx', '-W', '--keep-going', '-q', 'docs', str(folder)],
        capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_library_is_told_as_a_whole(built: Path) -> None:
    """Each public name has its place on a page."""
    told = ''.join(path.read_text() for path in (built / 'api').glob('*.html'))
    missing = [name for name in ik_solver_node.__all__
               if f'id="ik_solver_node.{name}"' not in told]
    assert missing == []
