"""Options that are names of ROS: of nodes, or what topics begin with."""

from __future__ import annotations

import re

from ik_solver_node.exceptions import OptionsError

NAME = re.compile(r'/?[A-Za-z_]\w*(/[A-Za-z_]\w*)*', re.ASCII)


def check_name(option: str, name: str, example: str) -> None:
    """
    Refuse what can be no name, as ROS would with words that do not say whose it is.

    Parameters
    ----------
    option : str
        The option that has it.
    name : str
        The name, with or without a namespace.
    example : str
        One that is allowed.

    Raises
    ------
    OptionsError
        If no node or topic can be called so.

    """
    if not NAME.fullmatch(name):
        raise OptionsError(
            f'{option} is {name!r}, but must be a name in ROS, such as {example}: letters, digits '
            'and _, no digit first, and / between names')
