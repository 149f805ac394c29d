# SPDX-License-Identifier: Apache-2.0
"""A machine in QEMU, for the length of a test."""

import contextlib
import ctypes
import json
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from harness import unix
from harness.console import SLOWNESS, Console, ConsoleError
from plinth import qemu

EXIT_LINE = r"^plinth: exit (\d+) \((.*)\)$"
PR_SET_PDEATHSIG = 1

# QEMU takes three quarters of the time on `max` for pointer authentication's real algorithm; its
# own one takes nearly none, and to Plinth and its guests both are the same instructions and keys.
CPU_MODELS = {"max": "max,pauth-impdef=on"}


def die_with_parent():
    """In the child: a test run that is killed leaves no QEMU behind."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Machine:
    """QEMU's virt board with a console; close() ends it, whatever state it is in."""

    def __init__(self, board, kernel, initrd, append, log_path):
        self._folder = Path(tempfile.mkdtemp(prefix="plinth-"))
        socket_path = self._folder / "qmp"
        board.cpu = CPU_MODELS.get(board.cpu, board.cpu)
        board.extra = [*board.extra, "-qmp", f"unix:{socket_path},server=on,wait=off"]
        self.command = qemu.command(board, kernel, initrd, append, serial="stdio")
        log_path.parent.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            preexec_fn=die_with_parent,
        )
        self.console = Console(self._process.stdout, self._process.stdin, log_path)
        self._monitor = Monitor(socket_path)

    def expect(self, pattern, timeout=60):
        return self.console.expect(pattern, timeout)

    def expect_all(self, patterns, timeout=60):
        return self.console.expect_all(patterns, timeout)

    def send(self, text):
        self.console.send(text)

    def monitor(self, command):
        """QEMU's answer to a line of its monitor, such as "info registers"."""
        return self._monitor.human(command)

    def read_physical(self, address, size):
        """Bytes of the machine's memory."""
        path = self._folder / "memory"
        self._monitor.execute("pmemsave", val=address, size=size, filename=str(path))
        return path.read_bytes()

    @contextlib.contextmanager
    def standing_still(self):
        """The machine's CPUs, stopped for a while."""
        self._monitor.execute("stop")
        try:
            yield
        finally:
            self._monitor.execute("cont")

    def wait(self, timeout=60):
        """Waits until QEMU ends by itself; returns its exit status."""
        self.console.expect_end(timeout)
        return self._process.wait(timeout * SLOWNESS)

    def expect_exit(self, code, timeout=60):
        """The machine powers off after Plinth's last line, which must say `code`; its reason."""
        self.wait(timeout)
        lines = re.findall(EXIT_LINE, self.console.transcript, re.MULTILINE)
        if not lines:
            raise ConsoleError(f"no 'plinth: exit' line\n{self.console.transcript}")
        number, reason = lines[-1]
        if int(number) != code:
            raise ConsoleError(f"exit {number} ({reason}), not {code}\n{self.console.transcript}")
        return reason

    def close(self):
        self._monitor.close()
        self._process.kill()
        self._process.wait()
        self.console.close()
        shutil.rmtree(self._folder, ignore_errors=True)


class Monitor:
    """QEMU's machine protocol, connected at first use."""

    def __init__(self, path):
        self._path = path
        self._socket = None
        self._stream = None

    def _connect(self):
        self._socket = unix.connect(self._path)
        self._stream = self._socket.makefile("rwb")
        self._stream.readline()  # the greeting
        self.execute("qmp_capabilities")

    def execute(self, command, **arguments):
        """The `return` value of one command; events in between are dropped."""
        if self._socket is None and command != "qmp_capabilities":
            self._connect()
        request = {"execute": command, "arguments": arguments}
        self._stream.write(json.dumps(request).encode() + b"\n")
        self._stream.flush()
        while line := self._stream.readline():
            answer = json.loads(line)
            if "error" in answer:
                raise AssertionError(f"QEMU: {command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]
        raise AssertionError(f"QEMU closed its monitor at {command}")

    def human(self, line):
        return self.execute("human-monitor-command", **{"command-line": line})

    def close(self):
        if self._stream:
            self._stream.close()
        if self._socket:
            self._socket.close()
