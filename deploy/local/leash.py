"""Become another program that cannot outlive its parent. Run as a script, never imported.

    python -I -S leash.py PARENT SIGNAL USER GROUP PROGRAM [ARGUMENT…]

A plain child survives the SIGKILL of its parent, and a second engine on the same files then fights with it. Linux
sends SIGNAL to this process when the thread that started it ends (prctl(2), PR_SET_PDEATHSIG); the setting is kept
by execve but cleared by a change of user, hence the order below. USER and GROUP are numbers, or -1 for "as I am".

This is a program of its own because code between fork and exec in a process with threads may deadlock.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    parent, signal_number, user, group = (int(argument) for argument in arguments[:4])
    command = arguments[4:]
    libc = ctypes.CDLL(None, use_errno=True)
    if user >= 0:
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)
    if libc.prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:  # it died before the line above
        sys.exit("the parent is gone")
    os.execv(command[0], command)  # noqa: S606 - becoming the given program is this file's purpose


if __name__ == "__main__":
    main(sys.argv[1:])
