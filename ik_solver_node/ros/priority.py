"""Real-time priority: an arm is not to wait until others have done their work."""

from __future__ import annotations

import os


def take_priority(priority: int) -> str:
    """
    Let the calling thread go before all others, except those of a higher priority.

    Threads that it starts do not inherit it: what is planned beside a motion must not hold it up.

    Parameters
    ----------
    priority : int
        From 1 to 99, of the policy SCHED_FIFO.

    Returns
    -------
    str
        Why the system does not let it, in a sentence; empty if it does.

    """
    if not hasattr(os, 'sched_setscheduler'):
        return (f'thread_priority is {priority}, but this system cannot give it; the node runs '
                'without')
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK,
                              os.sched_param(priority))
    except OSError as error:
        return (f'thread_priority is {priority}, but the system does not give it to this user '
                f'({error.strerror}); the node runs without. Write "@realtime - rtprio 99" into '
                'a file in /etc/security/limits.d, have the user in the group realtime, and log '
                'in again; in a container, start it with --cap-add=sys_nice')
    return ''
