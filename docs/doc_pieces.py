"""
Pieces of the documentation that are written elsewhere, taken from there when it is built.

A line of a page that is nothing but a link to something outside of docs/ is replaced by it, so
that no sentence has to be there twice, and the page leads on where such a link is only a link:

- ``[...](../README.md#with-ros-2)``: the section under that heading, up to the next heading;
- ``[...](../CONTRIBUTING.md)``: the whole file but for its title, a ``.rst`` likewise;
- ``[...](../examples/some.py)``: the docstring of the file, and its code.

Other links to what such pieces hold lead to the pages that they are on.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import Field, fields, is_dataclass
from enum import Enum
from pathlib import Path
import posixpath
import re
from typing import Any

ROOT = Path(__file__).resolve().parents[1]

PIECE = re.compile(r'^\[[^\]\n]+\]\(((?:\.\./)+[^)#\s]+)(?:#([\w-]+))?\)$', re.M)
LINK = re.compile(r'\]\(([^)#\s:]*)(?:#([\w-]+))?\)')
HEADING = re.compile(r'^(#+) +(.+)$')
TOLD_BY = {('README.md', anchor): page for anchor, page in (
    ('your-own-robot', 'your_robot.md'), ('topics', 'topics.md'), ('motion', 'motion.md'),
    ('parameters', 'parameters.md'), ('at-the-command-line', 'command_line.md'),
    ('robots-to-play-with', 'robots_to_play_with.md'), ('how-fast-how-sure', 'speed.md'))}
"""Sections that no page takes, because another tells more about the same."""


# Markdown ----------------------------------------------------------------------------------------


def headings(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield number of the line, level and title of each heading of a page in Markdown."""
    is_code = False
    for number, line in enumerate(text.splitlines()):
        is_code ^= line.startswith('```')
        match = HEADING.match(line)
        if match and not is_code:
            yield number, len(match[1]), match[2]


def anchor_of(title: str) -> str:
    """Return the anchor that GitHub, and myst_parser as well, gives a heading."""
    return re.sub(r'[^\w\- ]', '', title.lower()).replace(' ', '-')


def section(text: str, anchor: str) -> str:
    """
    Return what stands under a heading, up to the next one of any level.

    Raises
    ------
    LookupError
        If there is no such heading.

    """
    lines, found = text.splitlines(), [*headings(text)]
    ends = [number for number, _, _ in found[1:]] + [len(lines)]
    for (number, _, title), end in zip(found, ends):
        if anchor_of(title) == anchor:
            return '\n'.join(lines[number + 1:end]).strip()
    raise LookupError(f'there is no heading #{anchor}, only '
                      + ', '.join(f'#{anchor_of(title)}' for _, _, title in found))


# Options -----------------------------------------------------------------------------------------


def number(value: float) -> str:
    """Return a number as one writes it; YAML needs the point to see a float."""
    if isinstance(value, int):
        return str(value)
    mantissa, exponent, power = repr(value).partition('e')
    return mantissa + ('' if '.' in mantissa else '.0') + exponent + power


def literal(value: Any) -> str:
    """Return a default as it is written in YAML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Enum):
        return repr(value.value)
    if isinstance(value, (int, float)):
        return number(value)
    return repr(list(value) if isinstance(value, tuple) else value)


def allowed(item: Field) -> str:
    """Return unit and range of an option in a phrase."""
    about = item.metadata
    phrases = []
    if isinstance(item.default, Enum):
        phrases.append(', '.join(member.value for member in type(item.default)))
    if about['minimum'] is not None:
        phrases.append(f'{number(about["minimum"])} to {number(about["maximum"])}')
    if about['unit']:
        phrases.append(f'[{about["unit"]}]')
    if about['read_only']:
        phrases.append('at start only')
    return ' '.join(phrases)


def row(name: str, item: Field, default: Any) -> str:
    """Return a row of a table of options."""
    description = item.metadata['description']
    return f'| `{name}` | `{literal(default)}` | {allowed(item)} | {description} |'


def options_of(kind: Any) -> list[Field]:
    """Return the fields of a dataclass, or of a value of one, that are options."""
    return [item for item in fields(kind) if 'description' in item.metadata]


# Pieces ------------------------------------------------------------------------------------------


def piece(path: Path, anchor: str) -> str:
    """Return, in Markdown, what a page takes from a file outside of docs/."""
    text = path.read_text()
    if path.suffix == '.py':
        docstring = ast.get_docstring(ast.parse(text)) or ''
        code = text.split('"""', 2)[2].strip()
        return f'{docstring}\n\n```python\n{code}\n```'
    if path.suffix == '.rst':
        return whole_rst(text)
    if anchor:
        return section(text, anchor)
    return text.partition('\n')[2]


def whole_rst(text: str) -> str:
    """Return a changelog in reStructuredText, its title left out, as Markdown."""
    parts = re.split(r'^(.+)\n-{3,}\n', text, flags=re.M)[1:]
    return '\n'.join(f'## {title}\n\n```{{eval-rst}}\n{body.strip()}\n```\n'
                     for title, body in zip(parts[::2], parts[1::2]))


class Pages:
    """
    The pages in Markdown, and which of them holds what from outside of docs/.

    Parameters
    ----------
    folder : Path
        Where they are: docs/, or a copy of it.

    """

    def __init__(self, folder: Path) -> None:
        self._holders = dict(TOLD_BY)
        for path in sorted(folder.rglob('*.md')):
            page = path.relative_to(folder).as_posix()
            for match in PIECE.finditer(path.read_text()):
                self._holders[self._outside(page, match[1]), match[2] or ''] = page

    def complete(self, page: str, text: str) -> tuple[str, list[Path]]:
        """Return the text of `page` with its pieces, and the files that they come from."""
        used = []

        def insert(match: re.Match[str]) -> str:
            source = self._outside(page, match[1])
            used.append(ROOT / source)
            try:
                taken = piece(ROOT / source, match[2] or '')
            except (AttributeError, LookupError, OSError) as error:
                raise LookupError(f'{page} takes {match[0]}, but {error}') from error
            return self._relinked(page, taken, source)

        return PIECE.sub(insert, self._relinked(page, text, f'docs/{page}')), used

    @staticmethod
    def _outside(page: str, link: str) -> str:
        """Return the file that a link on a page means, relative to the repository."""
        return posixpath.normpath(posixpath.join('docs', posixpath.dirname(page), link))

    def _relinked(self, page: str, text: str, source: str) -> str:
        """Return the text of the file `source` with links that hold on `page`."""
        pieces = {match.span() for match in PIECE.finditer(text)}

        def relink(match: re.Match[str]) -> str:
            target, anchor = match[1], match[2] or ''
            if not target and source.startswith('docs/'):
                return match[0]
            file = posixpath.normpath(posixpath.join(posixpath.dirname(source), target)) \
                if target else source
            if not file.startswith('docs/'):
                if (file, anchor) not in self._holders:
                    raise LookupError(f'{source} links to {file}#{anchor}, which no page holds')
                file, anchor = f'docs/{self._holders[file, anchor]}', ''
            start = posixpath.join('docs', posixpath.dirname(page))
            return f']({posixpath.relpath(file, start)}{"#" + anchor if anchor else ""})'

        return LINK.sub(lambda match: match[0] if any(
            start <= match.start() < end for start, end in pieces) else relink(match), text)


# Sphinx ------------------------------------------------------------------------------------------


def setup(app: Any) -> dict[str, bool]:
    """Have the pieces put in when a page is read, and options into the docstrings of theirs."""
    app.connect('source-read', _on_source_read)
    # before and after napoleon, which has the usual priority of 500
    app.connect('autodoc-process-docstring', _keep_colon, 400)
    app.connect('autodoc-process-docstring', _add_options, 600)
    app.connect('autodoc-process-signature', _name_aliases)
    app.connect('missing-reference', _on_missing_reference)
    return {'parallel_read_safe': True}


def _on_source_read(app: Any, page: str, source: list[str]) -> None:
    """Put the pieces into a page, which is read again when they change."""
    from sphinx.errors import ExtensionError
    if Path(app.env.doc2path(page)).suffix != '.md':
        return
    try:
        source[0], used = Pages(Path(app.srcdir)).complete(f'{page}.md', source[0])
    except LookupError as error:
        raise ExtensionError(str(error)) from error
    for path in used:
        app.env.note_dependency(str(path))


def _keep_colon(app: Any, what: str, name: str, value: Any, options: Any,
                lines: list[str]) -> None:
    """Keep napoleon from taking what a property says before a colon for its type."""
    if what == 'property':
        lines[0] = lines[0].replace(': ', ' \u2013 ')


def _add_options(app: Any, what: str, name: str, value: Any, options: Any,
                 lines: list[str]) -> None:
    """Tell the options of a dataclass, which say in their metadata what they are."""
    if what == 'class' and is_dataclass(value) and options_of(value):
        lines += ['', '.. rubric:: Options', '']
        for item in options_of(value):
            about = allowed(item)
            lines += [f'``{item.name} = {literal(item.default)}``{" : " + about if about else ""}',
                      f'    {item.metadata["description"]}', '']


def _name_aliases(app: Any, what: str, name: str, value: Any, options: Any, arguments: str | None,
                  returned: str | None) -> tuple[str | None, str | None]:
    """Have aliases of types by their names where autodoc shows what it keeps them in."""
    arguments, returned = (text and re.sub(r"TypeAliasForwardRef\('(\w+)'\)", r'\1', text)
                           for text in (arguments, returned))
    return arguments, returned


def _on_missing_reference(app: Any, env: Any, node: Any, content: Any) -> Any:
    """
    Find what is public by its last name, or that and its class.

    Annotations and docstrings name things by the module they are in, or in their own module. What
    docstrings have in backquotes may also be an argument, which is no link.
    """
    from sphinx.util.nodes import make_refnode
    if node.get('refdomain') != 'py':
        return None
    parts = node['reftarget'].split('.')
    for name in ('.'.join(parts[-2:]), parts[-1]):
        for full, entry in env.domains['py'].find_obj(env, 'ik_solver_node', '', name, None):
            return make_refnode(app.builder, node['refdoc'], entry.docname, entry.node_id,
                                content, full)
    return content if node['reftype'] == 'obj' else None
