"""Imported by the fork server, once, so that the workers that it forks are warm from the start.

Nothing else imports this module: loading it takes seconds, and is what it is for.
"""

import contextlib
import signal


def _warm_up() -> None:
    from .worker import warm_up

    warm_up()


# Ctrl-C reaches the whole group: whoever runs the sweep answers it, and a fork server that dies of it says nothing.
_answer = signal.signal(signal.SIGINT, signal.SIG_IGN)
# A worker that finds itself cold says what is wrong; a fork server that dies says nothing.
with contextlib.suppress(Exception):
    _warm_up()
signal.signal(signal.SIGINT, _answer)
