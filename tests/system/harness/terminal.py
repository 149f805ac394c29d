# SPDX-License-Identifier: Apache-2.0
"""A program at a terminal of its own, as a user at the keyboard has it."""

import fcntl
import os
import pty
import signal
import subprocess
import termios

from harness.console import SLOWNESS, Console


class Terminal:
    """Starts `arguments` with a new terminal as its stdin, stdout and stderr; close() ends it with
    all that it started."""

    def __init__(self, arguments, log_path):
        log_path.parent.mkdir(parents=True, exist_ok=True)
        here, self._there = pty.openpty()
        self._process = subprocess.Popen(
            arguments,
            stdin=self._there,
            stdout=self._there,
            stderr=self._there,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        self._output = os.fdopen(here, "rb")
        self._input = os.fdopen(os.dup(here), "wb")
        self.console = Console(self._output, self._input, log_path)

    def expect(self, pattern, timeout=60):
        return self.console.expect(pattern, timeout)

    def expect_all(self, patterns, timeout=60):
        return self.console.expect_all(patterns, timeout)

    def send(self, text):
        self.console.send(text)

    def settings(self):
        """What the terminal does with keys and lines, as tcgetattr() has it."""
        return termios.tcgetattr(self._there)

    def wait(self, timeout=60):
        """Waits until the program ends by itself; returns its exit status."""
        return self._process.wait(timeout * SLOWNESS)

    def close(self):
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._there)
        self.console.close()
        self._input.close()
        self._output.close()
