# SPDX-License-Identifier: Apache-2.0
"""gdb-multiarch on this machine, debugging a VM by plinthctl in the control VM, whose only wire is its
console: a relay takes packets from the one to the other. Other text on the console is no packet; where
it tears one, the checksum tells, and plinthctl sends it again."""

import re
import socket
import subprocess
import threading
import time

from harness import shell
from harness.console import SLOWNESS

PACKET = re.compile(r"\$([^$#]*)#([0-9a-f]{2})", re.S)
REQUEST = re.compile(rb"\$[^$#]*#[0-9a-fA-F]{2}|\x03", re.S)
MARK = "@@@"
# A command of gdb's: Ctrl-C, six seconds later.
INTERRUPT_SOON = (
    "python import os, signal, threading; "
    "threading.Timer(6, os.kill, [os.getpid(), signal.SIGINT]).start()"
)
LINE = re.compile(r"\n(?:\w+\| )?")  # what the console puts between


def checksum(data):
    return sum(data.encode("latin-1")) % 256


def frame(text):
    return f"${text}#{checksum(text):02x}"


class Relay:
    """A port of this machine for one gdb; ends with it."""

    def __init__(self, machine):
        self.machine = machine
        self.position = len(machine.console.transcript)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.connection = None
        self.is_over = False
        self.threads = [threading.Thread(target=self._requests, daemon=True)]
        self.threads[0].start()

    def _requests(self):
        self.connection, _address = self.listener.accept()
        answers = threading.Thread(target=self._answers, daemon=True)
        self.threads.append(answers)
        answers.start()
        waiting = b""
        while chunk := self._receive():
            waiting += chunk
            while found := REQUEST.search(waiting):
                waiting = waiting[found.end() :]
                if found.group() != b"\x03":
                    self.connection.sendall(b"+")
                self.machine.send(found.group().decode("latin-1"))
        self.is_over = True

    def _receive(self):
        try:
            return self.connection.recv(65536)
        except OSError:
            return b""

    def _answers(self):
        while not self.is_over:
            text = self.machine.console.transcript[self.position :]
            found = PACKET.search(text)
            if not found:
                time.sleep(0.005)
                continue
            self.position += found.end()
            data = LINE.sub("", found.group(1))
            if int(found.group(2), 16) != checksum(data):
                self.machine.send("-")
                continue
            # It is not acknowledged: plinthctl does not wait for that, and the last would be typed into
            # the shell.
            try:
                self.connection.sendall(found.group().replace(found.group(1), data).encode("latin-1"))
            except OSError:
                return

    def close(self):
        self.is_over = True
        for one in (self.connection, self.listener):
            if one:
                one.close()
        for thread in self.threads:
            thread.join(timeout=5)


class Gdb:
    """One run of gdb on a VM: commands in, text out. `text` is what each command has printed."""

    def __init__(self, machine, name, commands, before=(), guest="boss"):
        # What gdb sends before plinthctl has made the terminal raw waits there, but must not come
        # back: it would be taken for answers.
        command = f"plinthctl gdb {name} --stdio"
        machine.send(f"stty -echo; echo gdb-$((6 * 7)); {command}; stty echo\n")
        machine.expect(rf"^{guest}\| gdb-42$")
        relay = Relay(machine)
        arguments = ["gdb-multiarch", "-nx", "-batch"]
        # gdb's patience: this machine is slow, and so is the wire.
        for command in (*before, "set remotetimeout 60", f"target remote 127.0.0.1:{relay.port}"):
            arguments += ["-ex", command]
        for command in commands:
            arguments += ["-ex", f"echo {MARK}", "-ex", command]
        process = subprocess.Popen(
            arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        try:
            self.whole, _ = process.communicate(timeout=180 * SLOWNESS)
        except subprocess.TimeoutExpired:
            process.kill()
            self.whole, _ = process.communicate()
            raise AssertionError(f"gdb does not end\n{self.whole}") from None
        finally:
            relay.close()
        self.text = [part.strip() for part in self.whole.split(MARK)[1:]]
        shell.expect_prompt(machine, guest)

    def value(self, index):
        """The number that `print` has shown."""
        return int(re.search(r"= (?:\(.*\) )?(-?(?:0x)?[0-9a-f]+)", self.text[index]).group(1), 0)
