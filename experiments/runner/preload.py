"""Imported by the fork server, once, so that the workers that it forks are warm from the start.

Nothing else imports this module: loading it takes seconds, and is what it is for.
"""

import contextlib

from .worker import warm_up

# A worker that finds itself cold says what is wrong; a fork server that dies says nothing.
with contextlib.suppress(Exception):
    warm_up()
