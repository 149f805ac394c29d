# SPDX-License-Identifier: Apache-2.0
"""QEMU's sockets, which it makes a moment after its start and listens on a moment later."""

import socket
import time

from harness.console import SLOWNESS

TIMEOUT = 30  # seconds


def connect(path):
    """A socket that is connected to `path` and waits for answers for no longer than this did."""
    deadline = time.monotonic() + TIMEOUT * SLOWNESS
    while True:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(TIMEOUT * SLOWNESS)
        try:
            connection.connect(str(path))
            return connection
        except (FileNotFoundError, ConnectionRefusedError) as error:
            connection.close()
            if time.monotonic() > deadline:
                raise AssertionError(f"QEMU does not listen on {path}") from error
            time.sleep(0.01)
