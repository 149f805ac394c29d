# SPDX-License-Identifier: Apache-2.0
"""QEMU's gdbstub, spoken directly: stop the machine anywhere, look at it and change it. Addresses
are those of the selected CPU's present translation regime, unless `physical` is asked for."""

import contextlib
import re
import struct
import tempfile
import time
from pathlib import Path

from harness import unix
from harness.console import SLOWNESS

ANSWER_TIMEOUT = unix.TIMEOUT  # seconds
STOP_TIMEOUT = 60
CHUNK = 1024  # bytes in one packet, well below what QEMU takes
# In org.gnu.gdb.aarch64.core.
NUMBERS = {**{f"x{i}": i for i in range(31)}, "sp": 31, "pc": 32}


class GdbError(AssertionError):
    pass


class GdbStub:
    """The machine that was started with options(), stopped before its first instruction."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(
            prefix="plinth-gdb-", ignore_cleanup_errors=True
        )
        self._path = Path(self._folder.name) / "socket"
        self._socket = None
        self._pending = b""
        self._numbers = dict(NUMBERS)
        self._cpu = 0  # the selected one

    def options(self):
        """What QEMU's command line needs for it."""
        return ["-S", "-gdb", f"unix:{self._path},server=on,wait=off"]

    def connect(self):
        self._socket = unix.connect(self._path)
        self._ask("qSupported:xmlRegisters=aarch64")
        self._learn_registers("target.xml")

    def close(self):
        if self._socket:
            self._socket.close()
        self._folder.cleanup()

    # Packets

    def _send(self, text):
        data = text.encode()
        try:
            self._socket.sendall(b"$" + data + b"#%02x" % (sum(data) & 0xFF))
        except BrokenPipeError as error:
            raise GdbError("QEMU has ended") from error

    def _fill(self, deadline):
        self._socket.settimeout(max(0.01, deadline - time.monotonic()))
        try:
            chunk = self._socket.recv(65536)
        except TimeoutError as error:
            raise GdbError("gdbstub: no answer in time") from error
        if not chunk:
            raise GdbError("QEMU closed its gdb socket")
        self._pending += chunk

    def _receive(self, timeout):
        deadline = time.monotonic() + timeout * SLOWNESS
        while not (packet := re.search(rb"\$([^#]*)#..", self._pending, re.S)):
            self._fill(deadline)
        self._pending = self._pending[packet.end() :]
        with contextlib.suppress(BrokenPipeError):  # of its end QEMU tells without waiting
            self._socket.sendall(b"+")
        # "}" escapes the byte behind it.
        return re.sub(rb"\}(.)", lambda m: bytes([m[1][0] ^ 0x20]), packet[1], flags=re.S)

    def _ask(self, text):
        self._send(text)
        answer = self._receive(ANSWER_TIMEOUT)
        if re.fullmatch(rb"E\d\d", answer) or not answer:
            raise GdbError(f"gdbstub: {text}: {answer.decode() or 'unknown'}")
        return answer

    # Registers

    def _read_xml(self, name):
        text = b""
        while True:
            part = self._ask(f"qXfer:features:read:{name}:{len(text):x},800")
            text += part[1:]
            if part[:1] == b"l":
                return text.decode()

    def _learn_registers(self, name):
        text = self._read_xml(name)
        for register in re.findall(r"<reg [^>]*>", text):
            number = re.search(r'regnum="(\d+)"', register)
            if number:
                self._numbers[re.search(r'name="(\w+)"', register)[1].lower()] = int(number[1])
        for include in re.findall(r'<xi:include href="(system-[\w-]+\.xml)"', text):
            self._learn_registers(include)

    def read(self, register):
        """A general or system register by its name; system registers as their CPU has them."""
        number = self._numbers[register.lower()]
        return int.from_bytes(bytes.fromhex(self._ask(f"p{number:x}").decode()), "little")

    def write(self, register, value):
        """General registers, sp and pc alone: QEMU takes no others."""
        data = struct.pack("<Q", value)
        self._ask(f"P{NUMBERS[register]:x}={data.hex()}")

    def select_cpu(self, cpu):
        """What follows is about this CPU, counted from 0."""
        self._cpu = cpu
        self._ask(f"Hg{cpu + 1:x}")
        self._ask(f"Hc{cpu + 1:x}")

    # Memory

    def read_memory(self, address, size):
        data = b""
        while len(data) < size:
            part = min(CHUNK, size - len(data))
            data += bytes.fromhex(self._ask(f"m{address + len(data):x},{part:x}").decode())
        return data

    def write_memory(self, address, data):
        for at in range(0, len(data), CHUNK):
            part = data[at : at + CHUNK]
            self._ask(f"M{address + at:x},{len(part):x}:{part.hex()}")

    def _physical(self, on):
        self._ask(f"Qqemu.PhyMemMode:{int(on)}")

    def read_physical(self, address, size):
        self._physical(True)
        try:
            return self.read_memory(address, size)
        finally:
            self._physical(False)

    def write_physical(self, address, data):
        self._physical(True)
        try:
            self.write_memory(address, data)
        finally:
            self._physical(False)

    # Execution

    def resume(self):
        self._send("vCont;c")

    def wait_stop(self):
        """Waits for the next stop and selects the CPU that it came from; its number, or None where
        the machine has ended."""
        stop = self._receive(STOP_TIMEOUT)
        if stop[:1] in (b"W", b"X"):
            return None
        found = re.match(rb"T05thread:(?:p\w+\.)?(\w+);", stop)
        if not found:
            raise GdbError(f"gdbstub: stopped by {stop.decode()}")
        cpu = int(found[1], 16) - 1
        self.select_cpu(cpu)
        return cpu

    def step(self, cpu):
        """One instruction of this CPU; the others stand still."""
        self._send(f"vCont;s:{cpu + 1:x}")
        self.wait_stop()

    def set_breakpoint(self, address):
        self._ask(f"Z1,{address:x},4")

    def clear_breakpoint(self, address):
        self._ask(f"z1,{address:x},4")

    def run_to(self, address, when=lambda: True):
        """Lets all CPUs run until one of them is about to execute `address` and `when` holds there;
        which one it is, or None where the machine has ended. The selected CPU leaves where it
        stands first."""
        while True:
            if self.read("pc") == address:
                self.step(self._cpu)
            self.set_breakpoint(address)
            self.resume()
            cpu = self.wait_stop()
            if cpu is None:
                return None
            self.clear_breakpoint(address)
            if when():
                return cpu

    def execute(self, cpu, instructions, **registers):
        """Has the CPU execute these few instructions, which must lie in one piece and go on to the
        next, where it stands; memory, pc and the named registers are as before then."""
        place = self.read("pc")
        kept = {name: self.read(name) for name in registers}
        code = struct.pack(f"<{len(instructions)}I", *instructions)
        before = self.read_memory(place, len(code))
        self.write_memory(place, code)
        for name, value in registers.items():
            self.write(name, value)
        for _ in instructions:
            self.step(cpu)
        self.write_memory(place, before)
        for name, value in {**kept, "pc": place}.items():
            self.write(name, value)
