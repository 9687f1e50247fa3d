"""Read the text of a URDF from a file, expanding xacro on the way."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
import io
import logging
import os
from pathlib import Path

from ik_solver_node.exceptions import MissingDependencyError, UrdfError
from ik_solver_node.robot_model import MAX_URDF_LENGTH

logger = logging.getLogger(__name__)


def read_urdf(path: str | os.PathLike[str], mappings: Mapping[str, str] | None = None) -> str:
    """
    Return the URDF in a file.

    Parameters
    ----------
    path : str or path-like
        A URDF, or a file ending in ``.xacro``, which is expanded. ``~`` is the home folder.
    mappings : mapping of str to str, optional
        Values for the arguments (``xacro:arg``) of a xacro file.

    Returns
    -------
    str
        Text for `ik_solver_node.robot_model.parse_urdf`.

    Raises
    ------
    UrdfError
        If the file cannot be read or expanded.
    MissingDependencyError
        If the file is xacro and xacro is not installed.

    """
    file = Path(os.path.expanduser(path)).absolute()
    try:
        _check_file(file)
        if file.suffix == '.xacro':
            return _expand(file, mappings or {})
        if mappings:
            raise UrdfError(f'{file} is not a .xacro file and takes no arguments, '
                            f'got {dict(mappings)}')
        return file.read_text(encoding='utf-8-sig')
    except UnicodeDecodeError as error:
        raise UrdfError(f'{file} is not UTF-8 text: {error}') from error
    except OSError as error:
        raise UrdfError(f'{file} cannot be read: {error.strerror or error}') from error


def _check_file(file: Path) -> None:
    """Raise unless `file` is a file of a sensible size."""
    if not file.exists():
        raise UrdfError(f'there is no file {file}')
    if not file.is_file():
        raise UrdfError(f'{file} is {"a folder" if file.is_dir() else "not a regular file"}; '
                        'a .urdf or .xacro file is needed')
    size = file.stat().st_size
    if size > MAX_URDF_LENGTH:
        raise UrdfError(f'{file} has {size} bytes; at most {MAX_URDF_LENGTH} are read')
    if size == 0:
        raise UrdfError(f'{file} is empty')


def _expand(file: Path, mappings: Mapping[str, str]) -> str:
    """Return what xacro makes of `file`."""
    try:
        import xacro
    except ImportError as error:
        distribution = os.environ.get('ROS_DISTRO', '$ROS_DISTRO')
        raise MissingDependencyError(
            f'{file} needs xacro, which is not installed; run "pip install xacro" or '
            f'"sudo apt install ros-{distribution}-xacro"') from error
    said = io.StringIO()
    try:
        # xacro writes its complaints to the terminal, and an expression in a file may exit.
        with redirect_stdout(said), redirect_stderr(said):
            document = xacro.process_file(str(file), mappings=dict(mappings))
    except (Exception, SystemExit) as error:
        stack = reversed(getattr(xacro, 'filestack', None) or [str(file)])
        # Every file once: one that includes itself is on the stack a thousand times.
        files = ' included from '.join(dict.fromkeys(stack))
        details = '; '.join([*str(error).splitlines(), *said.getvalue().splitlines()])
        if any(word in details.lower() for word in ('ament', 'package')):
            details += '. For $(find <package>), source the workspace that has the package'
        raise UrdfError(f'xacro cannot expand {files}: {details}') from error
    if said.getvalue():
        logger.warning('xacro says about %s: %s', file, said.getvalue().strip())
    return document.toprettyxml(indent='  ')
