"""Where the file of a mesh is that a URDF names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ik_solver_node.exceptions import MeshError


class MeshFinder:
    """
    Finds the files that URIs of meshes mean.

    ``package://name/path`` is looked for in the search path, then in the ament index, then in the
    folders above the URDF, which is where an unbuilt workspace has it. ``file:///path`` and a bare
    path are files; a relative one begins at the folder of the URDF.

    Parameters
    ----------
    search_path : iterable of str
        Folders that hold packages, or are one.
    urdf_file : str
        Where the URDF comes from; empty if that is not known.

    """

    def __init__(self, search_path: Iterable[str] = (), urdf_file: str = '') -> None:
        self._search_path = [_path(folder) for folder in search_path]
        folder = _path(urdf_file).absolute().parent
        self._folder = folder if urdf_file else None

    def find(self, uri: str) -> Path:
        """Return the file; raises `MeshError` if there is none."""
        try:
            tried = list(self._places(uri))
            found = next((file for file in tried if file.is_file()), None)
        except (OSError, ValueError) as error:  # a locked folder, a name that is none
            raise MeshError(f'mesh {uri} cannot be looked for: {error}') from error
        if found is None:
            raise MeshError(f'mesh {uri} is not there; looked for '
                            f'{" and ".join(map(str, tried)) or "its package"}. Source the '
                            'workspace that has it, or name its folder in mesh_path')
        return found

    def _places(self, uri: str) -> Iterator[Path]:
        """Yield where a file could be, best first."""
        parts = urlsplit(uri)
        if parts.scheme == 'package':
            yield from self._in_packages(parts.netloc, unquote(parts.path).lstrip('/'))
        elif parts.scheme == 'file':
            yield Path(unquote(parts.netloc + parts.path))
        elif '://' in uri:
            raise ValueError(f'{parts.scheme}:// is not read; use package:// or file://')
        else:
            yield (self._folder or Path()) / uri

    def _in_packages(self, package: str, path: str) -> Iterator[Path]:
        """Yield where a file of a package could be, best first."""
        for folder in self._search_path:
            yield folder / package / path
            if folder.name == package:
                yield folder / path
        share = _share_folder(package)
        if share is not None:
            yield share / path
        for folder in self._folder.parents if self._folder else ():
            if (folder / package).is_dir():
                yield folder / package / path
        if self._folder:
            yield from (folder / path for folder in (self._folder, *self._folder.parents)
                        if folder.name == package)


def _path(given: str) -> Path:
    """Return a path with the home folder where ~ stands for one."""
    return Path(os.path.expanduser(given))  # unlike that of Path, it leaves ~nobody as it is


def _share_folder(package: str) -> Path | None:
    """Return the share folder of an installed ROS package, if there is one."""
    try:
        from ament_index_python.packages import get_package_share_directory
        return Path(get_package_share_directory(package))
    except (ImportError, LookupError, OSError, ValueError):  # OSError: no ROS is sourced
        return None
