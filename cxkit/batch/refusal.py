"""What to say when the system refuses to write: a full disk, a folder that is not ours."""

from __future__ import annotations

import errno

FULL = frozenset({errno.ENOSPC, *(getattr(errno, name) for name in ("EDQUOT",) if hasattr(errno, name))})
CLOSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def refusal(problem: OSError) -> str:
    """What was refused and what to do about it; empty for any other trouble.

    >>> refusal(OSError(errno.ENOSPC, "No space left on device"))
    'No space is left on the disk. Make some and give the same command again: finished stages are not lost.'
    >>> refusal(PermissionError(errno.EACCES, "Permission denied", "runs/acme"))
    'runs/acme is closed to this user (permission denied). Open it, or name another folder for runs with --runs-dir.'
    >>> refusal(FileNotFoundError(errno.ENOENT, "No such file or directory", "a"))
    ''
    """
    if problem.errno in FULL:
        return "No space is left on the disk. Make some and give the same command again: finished stages are not lost."
    if problem.errno in CLOSED:
        where, why = problem.filename or "A folder", str(problem.strerror).lower()
        return f"{where} is closed to this user ({why}). Open it, or name another folder for runs with --runs-dir."
    return ""
