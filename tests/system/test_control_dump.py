# SPDX-License-Identifier: Apache-2.0
"""plinthctl dump: an ELF core of another VM, on a disk of the control VM, which gdb and crash open
here. What is in it is compared with the machine's own memory, as QEMU has it."""

import re
import struct
import subprocess

import pytest
from harness import stage2
from harness.control import Guest, refused, wait_for_state
from harness.monitor import ask, go_to_monitor
from harness.vms import MIB, debian, payload
from plinth import cpio, initramfs, optional
from plinth.errors import PlinthError
from plinth.paths import GUEST

RAM = 0x40000000
SIZE = 128 * MIB
DISK = 0x80000000  # the first gigabyte above the control VM's RAM
NOTES = 768 << 10  # where they are in the dump
MEMORY = 1 * MIB  # and RAM
SMALL = 4 * MIB  # what the VM without Linux has
VCPUS = 2
DUMPING = 240  # seconds, where others use the machine too
PT_LOAD, PT_NOTE = 1, 4
ET_CORE, EM_AARCH64 = 4, 183

MARK = 424242424242  # between what crash prints
TASKS = "list task_struct.tasks -s task_struct.pid,comm -h init_task"


@pytest.fixture(scope="module")
def initrd(tmp_path_factory):
    """The control VM's, with drivers for its disk."""
    path = tmp_path_factory.mktemp("dump") / "initrd.gz"
    program = cpio.file("bin/plinthctl", (GUEST / "plinthctl").read_bytes(), 0o755)
    motd = cpio.file("etc/motd", b"This VM may manage Plinth\n")
    initramfs.write_modules(path, "of_pmem", "nd_pmem", extra=[program, motd])
    return path


@pytest.fixture
def machine(boot, make_bundle, initrd):
    disk = f"disk@0 {{ size = <{SIZE + 16 * MIB:#x}>; }}"
    boss = debian("boss", vcpus=1, action="modules,shell", extra=["control", disk])
    worker = debian("worker", vcpus=VCPUS, memory=SIZE, action="shell")
    small = payload("answer", memory=SMALL // MIB)
    bundle = make_bundle({"boss": {**boss, "initrd.gz": initrd}, "worker": worker, "small": small})
    machine = boot(bundle, memory_mib=1024)
    machine.expect_all([r"^boss\| This VM may(?s:.*?)boss# ", r"^worker\| Enter 'help'"], 120)
    return machine


def root_of(machine, name):
    text = ask(machine, f"coherency {name}")
    return int(re.search(rf"^{name}: \w+, stage 2 at (0x\w+)$", text, re.M).group(1), 16)


def read_mapped(machine, root, start, size):
    """{offset: bytes} of what is mapped there."""
    found = {}
    for leaf in stage2.leaves(machine, root):
        if start <= leaf.ipa < start + size and not leaf.device:
            found[leaf.ipa - start] = machine.read_physical(leaf.pa, leaf.size)
    return found


class Core:
    """The dump as a reader of ELF sees it."""

    def __init__(self, data):
        self.data = data
        magic, kind, machine, at = struct.unpack_from("<16sHHxxxxxxxxxxxxQ", data)
        assert (magic[:7], kind, machine) == (b"\x7fELF\x02\x01\x01", ET_CORE, EM_AARCH64)
        count = struct.unpack_from("<H", data, 56)[0]
        self.segments = [struct.unpack_from("<IIQQQQQQ", data, at + 56 * i) for i in range(count)]

    def loads(self):
        """(offset, virtual, physical, size)"""
        return [(s[2], s[3], s[4], s[5]) for s in self.segments if s[0] == PT_LOAD]

    def notes(self):
        """(name, type, bytes)"""
        found = []
        for kind, _flags, offset, _virtual, _physical, size, *_rest in self.segments:
            end = offset + size
            while kind == PT_NOTE and offset < end:
                name_size, size, note = struct.unpack_from("<III", self.data, offset)
                name = self.data[offset + 12 : offset + 12 + name_size - 1].decode()
                offset += 12 + -(-name_size // 4) * 4
                found.append((name, note, self.data[offset : offset + size]))
                offset += -(-size // 4) * 4
        return found

    def virtual_of(self, physical):
        """The kernel's own address of it."""
        return next(
            virtual + physical - start
            for _offset, virtual, start, size in self.loads()[1:]
            if start <= physical < start + size
        )


def gdb(core, *commands):
    """What each command prints."""
    arguments = ["gdb-multiarch", "-nx", "-batch", "-ex", f"core-file {core}"]
    for command in commands:
        arguments += ["-ex", "echo :::", "-ex", command]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=120)
    return [part.strip() for part in done.stdout.split(":::")[1:]]


def values(text):
    """{register: value} of `info registers` or of our own command."""
    return {line.split()[0]: int(line.split()[1], 16) for line in text.splitlines() if "0x" in line}


def registers_of(guest):
    """{name: value} of each vCPU of the worker."""
    texts = [guest.json(f"registers worker --vcpu {n}") for n in range(VCPUS)]
    return [{name: int(value, 16) for name, value in text.items()} for text in texts]


def dump_of(disk, size):
    """The dump on it, of what is mapped of it."""
    whole = bytearray(size)
    for at, data in disk.items():
        part = data[: max(0, len(whole) - at)]
        whole[at : at + len(part)] = part
    return bytes(whole)


def test_gdb_opens_a_dump(machine, tmp_path):
    guest = Guest(machine)
    check_holes(guest)
    # A VM that runs goes on after it.
    answer = guest.json("dump worker /dev/pmem0", DUMPING)
    assert answer["was_running"] and answer["vmcoreinfo"] and answer["vcpus"] == VCPUS
    wait_for_state(guest, "running")
    guest.run("plinthctl vm pause worker --now")
    wait_for_state(guest, "paused")
    text = guest.run("plinthctl dump worker /dev/pmem0", DUMPING)
    found = re.fullmatch(r"/dev/pmem0: (\d+) bytes, 2 vCPUs, (\d+) ranges of the kernel, VMCOREINFO found", text)
    assert found, text
    wait_for_state(guest, "paused")
    registers = registers_of(guest)
    used = guest.json("vm info worker")["used_bytes"]
    assert used < SIZE, "what nobody has touched took no memory"

    go_to_monitor(machine)
    roots = {name: root_of(machine, name) for name in ("boss", "worker")}
    with machine.standing_still():
        disk = read_mapped(machine, roots["boss"], DISK, SIZE + 16 * MIB)
        ram = read_mapped(machine, roots["worker"], RAM, SIZE)
    data = dump_of(disk, int(found.group(1)))
    file = tmp_path / "core"
    file.write_bytes(data)

    core = Core(data)
    assert core.loads()[0] == (MEMORY, RAM, RAM, SIZE)
    assert len(core.loads()) == int(found.group(2)) + 1 > 10
    assert sum(len(part) for part in ram.values()) == used
    for at, expected in ram.items():
        assert data[MEMORY + at : MEMORY + at + len(expected)] == expected, hex(RAM + at)
    blank = bytearray(data[MEMORY : MEMORY + SIZE])
    for at, expected in ram.items():
        blank[at : at + len(expected)] = bytes(len(expected))
    assert not any(blank), "what is not mapped is zeroes"

    check_notes(core)
    check_gdb(core, file, registers)


def check_holes(guest):
    """A file is as long as all of RAM, though its end is a hole."""
    guest.run("plinthctl dump small /tmp/small")
    size, blocks = map(int, guest.run("stat -c '%s %b' /tmp/small; rm /tmp/small").split())
    assert size == MEMORY + SMALL and 0 < blocks * 512 < size // 2


def check_notes(core):
    """As crash wants them."""
    kind, _flags, start, _virtual, _physical, size, *_rest = core.segments[0]
    assert (kind, start) == (PT_NOTE, NOTES) and start + size <= MEMORY
    assert core.segments[1][7] == 0, "p_align, by which it is kdump's"
    notes = core.notes()
    each = [("CORE", 1), ("CORE", 2), ("Plinth", 0)]
    assert [note[:2] for note in notes] == [*each, *each, ("VMCOREINFO", 0)]
    info = dict(line.split("=", 1) for line in notes[-1][2].decode().splitlines())
    assert info["OSRELEASE"].startswith("6.1") and "KERNELOFFSET" in info
    core.uts = int(info["SYMBOL(init_uts_ns)"], 16)


def check_gdb(core, file, registers):
    """Registers of each thread; memory by physical addresses, and by the kernel's."""
    threads, *shown = gdb(
        file, "info threads", "thread 1", "info registers", "thread 2", "info registers"
    )
    assert len(re.findall(r"^[* ] +\d+ ", threads, re.M)) == VCPUS, threads
    for n, text in enumerate((shown[1], shown[3])):
        seen, own = values(text), registers[n]
        mode = own["pstate"] & 0xF
        expected = {f"x{i}": own[f"x{i}"] for i in range(31)}
        expected |= {"pc": own["pc"], "cpsr": own["pstate"]}
        expected["sp"] = own["sp_el1"] if mode == 5 else own["sp_el0"]
        assert {name: seen[name] for name in expected} == expected, n
    physical = RAM + core.data.index(b"Linux version 6.1", MEMORY) - MEMORY
    virtual = core.virtual_of(physical)
    assert virtual >> 48 == 0xFFFF
    by_physical, by_virtual, uts, code = gdb(
        file, f"x/s {physical}", f"x/s {virtual}", f"x/s {core.uts}",
        f"x/2i {registers[0]['pc']}",
    )  # fmt: skip
    for text in (by_physical, by_virtual):
        assert '"Linux version 6.1' in text, text
    assert uts.endswith('"Linux"'), "a symbol of the kernel, by VMCOREINFO"
    assert "Cannot access" not in code and code.startswith("=>"), code


def crash(dump, *commands):
    """What `sys` and each of these prints."""
    try:
        program, kernel = optional.crash(), optional.debug_kernel()
    except PlinthError as error:
        pytest.skip(f"no crash: {error}")
    script = dump.with_name("commands")
    lines = ["sys", *commands]
    script.write_text("".join(f"p {MARK}\n{line}\n" for line in lines) + "quit\n")
    arguments = [*program, "-s", "-i", str(script), str(kernel), str(dump)]
    done = subprocess.run(
        arguments, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=1800
    )
    assert done.returncode == 0, done.stdout + done.stderr
    _first, *parts = re.split(rf"^.*= {MARK}\n", done.stdout, flags=re.M)
    assert len(parts) == len(lines), done.stdout + done.stderr
    return parts


@pytest.mark.long
def test_crash_opens_a_dump(machine, tmp_path):
    guest = Guest(machine)
    guest.run("plinthctl vm pause worker --now")
    wait_for_state(guest, "paused")
    size = guest.json("dump worker /dev/pmem0", DUMPING)["bytes"]
    registers = registers_of(guest)
    go_to_monitor(machine)
    root = root_of(machine, "boss")
    with machine.standing_still():
        disk = read_mapped(machine, root, DISK, SIZE + 16 * MIB)
    dump = tmp_path / "core"
    dump.write_bytes(dump_of(disk, size))

    system, traces, idle, tasks, log, line, release = crash(
        dump, "bt -a", "ps", TASKS, "log", "p saved_command_line", "p init_uts_ns.name.release"
    )
    print(system, traces, idle, tasks, log, line, release)
    check_crash_system(system)
    check_crash_traces(traces, registers)
    assert "[swapper/0]" in idle and "[swapper/1]" in idle
    check_crash_tasks(tasks)
    assert "] Linux version 6.1" in log and "Run /init as init process" in log
    assert "plinth.name=worker" in line
    assert '"6.1.' in release


def check_crash_system(text):
    found = dict(re.findall(r"^ *([A-Z ]+): (.*)$", text, re.M))
    assert (found["CPUS"], found["MACHINE"].split()[0]) == (str(VCPUS), "aarch64")
    assert found["MEMORY"] == f"{SIZE // MIB} MB" and found["RELEASE"].startswith("6.1")


def check_crash_traces(text, registers):
    """Both CPUs', from where they are, with the kernel's names, to where each began."""
    traces = re.split(r"^PID: ", text, flags=re.M)[1:]
    assert len(traces) == VCPUS, text
    for n, trace in enumerate(traces):
        frames = re.findall(r"^ #(\d+) \[\w+\] (\w+) at (\w+)$", trace, re.M)
        # crash shows what comes before each PC, as if all were return addresses.
        assert f"CPU: {n} " in trace and int(frames[0][2], 16) == registers[n]["pc"] - 4, trace
        assert frames[-1][1] == ("start_kernel", "secondary_start_kernel")[n], trace


def check_crash_tasks(text):
    names = re.findall(r'^ +pid = (\d+),\s+comm = "([^"\\]+)', text, re.M)
    assert {("0", "swapper/0"), ("1", "init"), ("2", "kthreadd")} <= set(names), text
    assert len(names) > 20, text


def test_what_cannot_be_dumped(machine):
    guest = Guest(machine)
    refused(guest, "dump boss /tmp/core", 1, "boss is this VM itself")
    refused(guest, "dump worker", 2, "usage: plinthctl dump NAME FILE")
    refused(guest, "dump worker /nowhere/core", 1, "No such file")
    text = guest.run("(plinthctl dump worker /proc/self/fd/1 2>/tmp/error; echo $?) | tail -1; cat /tmp/error")
    assert text.startswith("1\n") and "a dump goes to a file or a disk" in text, text
    # Interrupted, the VM goes on.
    guest.run("plinthctl dump worker /dev/pmem0 2>/tmp/error & sleep 1; kill %1; wait")
    said = r"plinthctl: interrupted: /dev/pmem0 is (no whole dump|as it was)"
    assert re.fullmatch(said, guest.run("cat /tmp/error"))
    assert guest.run("head -c 4 /dev/pmem0 | tr -d '\\0' | wc -c") == "0", "and no ELF file"
    assert guest.json("vm info worker")["state"] == "running"
    # A disk that is full, too.
    text, status = guest.run_status("plinthctl dump worker /dev/full")
    assert status == 1 and "No space left" in text
    assert guest.json("vm info worker")["state"] == "running"
    guest.run("plinthctl vm stop worker --now")
    wait_for_state(guest, "off")
    refused(guest, "dump worker /tmp/core", 1, "worker is off: it can be dumped when it runs")
