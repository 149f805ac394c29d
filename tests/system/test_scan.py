# SPDX-License-Identifier: Apache-2.0
"""Looking into guests' address spaces by the monitor, compared with a walk of the same tables in
the machine's memory (harness/stage1.py)."""

import re
import subprocess
import time
from xml.etree import ElementTree

import pytest
from harness import shell, stage1
from harness.monitor import ESCAPE, ask, go_to_monitor
from harness.vms import MIB, debian, payload
from plinth import cpio, initramfs
from plinth.paths import GUEST, ROOT

UPPER_4K = 0xFFFF_0000_0000_0000
LOWER_LAST = 0x0000_FFFF_FFFF_FFFF
RANGE = re.compile(r"^[0-9a-f]{16}-[0-9a-f]{16} .*$", re.M)
HEADER = re.compile(r"^scan \w+: vcpu \d+ at EL(\d), (.*)$", re.M)
COUNTS = re.compile(
    r"^(\d+) ranges; AT (\d+) times, descriptors read (\d+); tables not in memory (\d+), "
    r"raced (\d+)$",
    re.M,
)


class Scan:
    """What `scan` has printed."""

    def __init__(self, text):
        self.text = text
        header = HEADER.search(text)
        assert header, text
        self.el = int(header.group(1))
        words = header.group(2).split()
        values = {name: int(value, 16) for name, value in zip(words[::2], words[1::2])}
        self.registers = stage1.Registers(**values)
        self.ranges = RANGE.findall(text)
        counts = COUNTS.search(text)
        assert counts, text
        numbers = map(int, counts.groups())
        self.count, self.at, self.reads, self.lost, self.raced = numbers


def scan(machine, name, options=""):
    return Scan(ask(machine, f"scan {name} {options}".strip()))


def memory_of(machine, name, size):
    text = ask(machine, f"coherency {name}")
    root = re.search(rf"^{name}: \w+, stage 2 at (0x\w+)$", text, re.M).group(1)
    return stage1.GuestMemory(machine, int(root, 16), size)


def check_scan(machine, name, size, view="el1", exec_too=False, first=0, last=stage1.ALL):
    """A scan of a VM whose tables keep still, against the walk; the Scan."""
    options = [f"--from {first:x} --to {last:x}"]
    options += {"el1": [], "el0": ["--el0"], "both": ["--both"]}[view]
    options += ["-x"] if exec_too else []
    found = scan(machine, name, " ".join(options))
    memory = memory_of(machine, name, size)
    with machine.standing_still():
        walk = stage1.Walk(memory, found.registers)
        wanted = stage1.lines(walk.leaves(first, last), view, exec_too, first, last)
    assert found.ranges == wanted
    assert found.raced == 0
    assert exec_too or found.reads == 0 or found.lost > 0
    return found


def kallsym(machine, symbol):
    text = shell.ask(machine, f"grep -m1 ' {symbol}$' /proc/kallsyms")
    return int(text.split()[0], 16)


def check_find_kernel(machine):
    """At the shell's prompt, and there again at the end; where the kernel is."""
    stext = kallsym(machine, "_stext")
    version = shell.ask(machine, "cat /proc/version").strip().replace("\r", "")
    go_to_monitor(machine)
    lines = ask(machine, "find-kernel guest").splitlines()
    found = re.fullmatch(r"guest: kernel at (\w{16}), GPA (\w{16})", lines[0])
    assert found, lines
    base = int(found.group(1), 16)
    assert base == stext - 0x10000
    assert version.startswith(lines[1]) and len(lines[1]) > 40
    translated = ask(machine, f"translate guest {stext:x}").split()
    assert translated[1] == "r-?/--?"
    assert int(translated[2], 16) == int(found.group(2), 16) + 0x10000
    machine.send("console guest\n")
    shell.expect_prompt(machine)
    return base


def pause(machine):
    """Until the VM's vCPU is where a scan can have it."""
    ask(machine, "vm pause guest")


def resume_to_shell(machine):
    ask(machine, "vm resume guest")
    machine.send("console guest\n")
    shell.expect_prompt(machine)


@pytest.mark.parametrize("cpu", ["cortex-a57", pytest.param("max", marks=pytest.mark.long)])
def test_debian(boot, make_bundle, cpu):
    """KASLR (with KPTI, on Cortex-A57): the kernel's half with the CPU idle, running and paused,
    and the user's half of a process that is busy."""
    size = 256 * MIB
    guest = debian("guest", vcpus=1, memory=size, action="shell")
    machine = boot(make_bundle({"guest": guest}), cpu=cpu, cpus=2, memory_mib=1024)
    shell.expect_prompt(machine)
    assert "kaslr-seed" in shell.ask(machine, "ls /proc/device-tree/chosen")
    check_find_kernel(machine)

    go_to_monitor(machine)
    running = scan(machine, "guest", f"--from {UPPER_4K:x}")
    assert running.lost == 0 and "the VM ran meanwhile" in running.text
    pause(machine)
    kernel = check_scan(machine, "guest", size, first=UPPER_4K)
    assert kernel.el == 1 and kernel.count > 50
    assert kernel.reads == 0
    with_exec = check_scan(machine, "guest", size, exec_too=True, first=UPPER_4K)
    assert with_exec.reads > 0 and "read from the guest's own descriptors" in with_exec.text
    writable_and_exec = scan(machine, "guest", f"--wx --from {UPPER_4K:x}")
    assert writable_and_exec.ranges == [
        line for line in with_exec.ranges if line.split()[1][1:3] == "wx"
    ]
    resume_to_shell(machine)

    shell.ask(machine, "sha1sum /dev/zero >/dev/null & true")
    go_to_monitor(machine)
    pause(machine)
    user = check_scan(machine, "guest", size, "both", last=LOWER_LAST)
    assert user.count > 5
    check_scan(machine, "guest", size, "el0", exec_too=True, last=LOWER_LAST)
    check_scan(machine, "guest", size, "el0")


def test_writable_code_of_a_debian_process(boot, make_bundle, tmp_path):
    """A JIT's pages are what --wx shows of Debian, and no others."""
    size = 256 * MIB
    guest = debian("guest", vcpus=1, memory=size, action="shell")
    program = cpio.file("bin/jit-stress", (GUEST / "jit-stress").read_bytes(), 0o755)
    guest["initrd.gz"] = tmp_path / "jit.gz"
    initramfs.write(guest["initrd.gz"], extra=[program])
    machine = boot(make_bundle({"guest": guest}), cpus=1, memory_mib=1024)
    shell.expect_prompt(machine)
    maps = shell.ask(machine, "jit-stress 10000000 >/dev/null & sleep 3; cat /proc/$!/maps")
    wanted = [line.split()[0] for line in maps.splitlines() if " rwx" in line]
    assert wanted, maps
    go_to_monitor(machine)
    for _ in range(20):
        pause(machine)
        found = scan(machine, "guest", "-x --wx --both")
        if found.ranges:
            break
        ask(machine, "vm resume guest")  # another process had the CPU
    everything = check_scan(machine, "guest", size, "both", exec_too=True)
    assert found.ranges == [line for line in everything.ranges if is_writable_and_exec(line)]
    for line in found.ranges:
        first, last = (int(number, 16) for number in line.split()[0].split("-"))
        assert any(
            int(low, 16) <= first and last < int(high, 16)
            for low, high in (area.split("-") for area in wanted)
        ), (line, wanted)
    assert found.ranges


def boots_with_other_seeds(machine, count):
    bases = set()
    machine.expect(r"guest shell$")
    for _ in range(count):
        shell.expect_prompt(machine)
        bases.add(check_find_kernel(machine))
        go_to_monitor(machine)
        machine.send("vm reset guest\nconsole guest\n")
        machine.expect(r"guest shell$")
    return bases


@pytest.mark.parametrize("count", [2, pytest.param(20, marks=pytest.mark.long)])
def test_find_kernel_on_every_seed(boot, make_bundle, count):
    guest = debian("guest", vcpus=2, memory=128 * MIB, action="shell")
    machine = boot(make_bundle({"guest": guest}), cpus=2, memory_mib=512)
    assert len(boots_with_other_seeds(machine, count)) > count // 2


# tests/payload/scan.h
CASES = {
    "pages_4k": 0,
    "pages_16k": 1,
    "pages_64k": 2,
    "small_4k": 3,
    "small_16k": 4,
    "small_64k": 5,
    "large_64k": 6,
    "absent": 7,
    "loop": 8,
    "no_upper": 9,
    "no_lower": 10,
    "no_mmu": 11,
    "remaps": 12,
    "untouched": 13,
    "nonsense_4k": 14,
    "nonsense_16k": 15,
    "nonsense_64k": 16,
    "banners": 17,
}
RANDOM = [name for name in CASES if name.startswith(("pages", "small", "large"))]
WALKED = [*RANDOM, "absent", "loop", "no_upper", "no_lower", "no_mmu"]
PAYLOAD_MEMORY = 64


def boot_cases(boot, make_bundle, names, **board):
    """The payload once for each case; all of them have made their tables. (machine, {case: address
    of its counter})"""
    vms = {
        name: payload("scan", bootargs=f"case={CASES[name]}", memory=PAYLOAD_MEMORY)
        for name in names
    }
    machine = boot(make_bundle(vms), memory_mib=1024, **board)
    mark = "" if len(names) == 1 else r"\| "
    patterns = [
        rf"^{name if mark else ''}{mark}scan: ready, counter at (\w+)\n" for name in names
    ]
    found = machine.expect_all(patterns)
    go_to_monitor(machine)
    return machine, {name: match.group(1) for name, match in zip(names, found)}


def looks(machine, name, counter):
    """How often the payload has found its registers as they were."""
    text = ask(machine, f"read {name} {counter} 8")
    assert re.match(r"^[0-9a-f]{16}( +[0-9a-f]{2}){8} ", text), text
    return int.from_bytes(bytes.fromhex("".join(text.split()[1:9])), "little")


def is_writable_and_exec(line):
    """By the one or the other level."""
    return any(rights[1:] == "wx" for rights in line.split()[1].split("/"))


def check_writable_and_exec(machine, name, with_exec):
    assert with_exec.reads > 0
    found = scan(machine, name, "-x --wx --both")
    assert found.ranges == [line for line in with_exec.ranges if is_writable_and_exec(line)]
    assert 0 < found.count < with_exec.count


def test_granules_sizes_and_odd_tables(boot, make_bundle):
    machine, counters = boot_cases(boot, make_bundle, WALKED, cpu="max", cpus=2)
    size = PAYLOAD_MEMORY * MIB
    for name in RANDOM:
        before = looks(machine, name, counters[name])
        found = check_scan(machine, name, size)
        assert found.count > 10 and found.lost == 0
        check_writable_and_exec(machine, name, check_scan(machine, name, size, "both", exec_too=True))
        check_scan(machine, name, size, "el0")
        assert looks(machine, name, counters[name]) > before

    absent = check_scan(machine, "absent", size)
    assert absent.lost == 4 and absent.count >= 9
    assert not re.search(r"^ffff", "\n".join(check_scan(machine, "no_upper", size).ranges), re.M)
    no_lower = check_scan(machine, "no_lower", size)
    assert [line[:8] for line in no_lower.ranges] == ["ffffff80"]
    flat = scan(machine, "no_mmu").ranges
    assert flat == [f"{0:016x}-{LOWER_LAST:016x} rw?/??? {0:016x} nGnRnE os"]
    check_loop(machine, size)
    assert "FAIL" not in machine.console.transcript


def check_loop(machine, size):
    """A piece of the endless map; and a key stops the whole."""
    check_scan(machine, "loop", size, first=UPPER_4K, last=UPPER_4K + (4 << 21) - 1)
    machine.send("scan loop --gpa\n")
    machine.expect(r"^ffff0000000\w+-.*$")
    machine.send("q")
    machine.expect(r"^loop: stopped$")
    machine.expect(r"plinth> ")
    assert "loop" in ask(machine, "vm list")


STAYS = [f"{UPPER_4K + (i << 30) + (i << 12):016x}" for i in range(16)]


@pytest.mark.parametrize("seconds", [8, pytest.param(60, marks=pytest.mark.long)])
def test_guest_that_remaps_meanwhile(boot, make_bundle, seconds):
    """What it leaves alone is always found; nothing else is promised, save that both go on."""
    machine, counters = boot_cases(boot, make_bundle, ["remaps"], cpus=2)
    before = looks(machine, "remaps", counters["remaps"])
    end = time.monotonic() + seconds
    scans = 0
    while time.monotonic() < end or scans < 2:
        found = scan(machine, "remaps", "--from ffff000000000000" + (" -x" if scans % 4 == 3 else ""))
        starts = {line.split("-")[0] for line in found.ranges}
        assert starts.issuperset(STAYS), found.text
        scans += 1
    assert looks(machine, "remaps", counters["remaps"]) > before
    assert "FAIL" not in machine.console.transcript


def test_vm_that_plinth_has_stopped(boot, make_bundle):
    """A crash leaves all as it was: tables, registers, memory."""
    vms = {
        name: payload("scan", bootargs=f"case=0 crash={crash}", memory=PAYLOAD_MEMORY)
        for name, crash in (("dead", 1), ("goes_on", 0))
    }
    machine = boot(make_bundle(vms), cpus=2, memory_mib=512)
    ready = r"scan: ready, counter at (\w+)\n"
    crashed = r"^plinth: vm dead: crashed: vcpu 0 jumped to nowhere"
    found = machine.expect_all([rf"^dead\| {ready}", rf"^goes_on\| {ready}", crashed])
    counter = found[0].group(1)
    go_to_monitor(machine)
    assert re.search(r"^dead +crashed", ask(machine, "vm list"), re.M)

    check_scan(machine, "dead", PAYLOAD_MEMORY * MIB, "both")
    check_scan(machine, "dead", PAYLOAD_MEMORY * MIB, exec_too=True, first=UPPER_4K)
    assert looks(machine, "dead", counter) == 0x5CA1AB1E
    translated = ask(machine, f"translate dead {counter}").split()
    assert translated[0][:16] == translated[2] == counter.zfill(16)
    assert "not mapped" in ask(machine, "translate dead fffffffffffff000")
    assert looks(machine, "goes_on", found[1].group(1)) > 0


def test_states_of_a_vm(boot, make_bundle):
    """Off, crashed, unknown: what the monitor answers."""
    crash = debian("guest", vcpus=1, memory=128 * MIB, action="panic", bootargs="panic=0")
    machine = boot(make_bundle({"guest": crash}), cpus=1, memory_mib=512)
    machine.expect(r"Kernel panic")
    go_to_monitor(machine)
    assert scan(machine, "guest", "--from ffff800000000000").count > 10
    assert ask(machine, "scan guest --vcpu 7") == "scan guest --vcpu 7: no such vCPU\n"
    assert ask(machine, "scan nobody") == "scan nobody: no such VM\n"
    assert "not mapped" in ask(machine, "translate guest 0000fffffffff000")
    machine.send("vm stop guest\n")
    machine.expect(r"plinth: vm guest: off")


def test_scan_without_end_yields_and_stops(boot, make_bundle):
    """On the guest's only CPU: the guest goes on meanwhile, Ctrl-T changes the focus and stops
    nothing, a key ends it."""
    machine, counters = boot_cases(boot, make_bundle, ["loop"], cpus=1)
    memory = memory_of(machine, "loop", PAYLOAD_MEMORY * MIB)
    machine.send("scan loop --gpa\n")
    seen = []
    for _ in range(3):
        machine.expect(r"^ffff0000000\w+-.*$")
        seen.append(memory.read(int(counters["loop"], 16), 8))
        time.sleep(0.5)
    assert len(set(seen)) == 3
    machine.send(f"{ESCAPE}1{ESCAPE}m")
    machine.send("q")
    machine.expect(r"^loop: stopped$")


LONGEST = re.compile(r"^\d+ steps, instructions: \d+ in them, longest (\d+);", re.M)
STEP_MAX = 10_000
WINDOW = 1 << 21
PAGES_AT = 0xFFFF_8100_8000_0000  # SCAN_PAGES_AT of tests/payload/scan.h
TRIED = (UPPER_4K, UPPER_4K + (5 << 39), UPPER_4K + (77 << 30), PAGES_AT, 0xFFFF_FFFF_FFE0_0000)


def longest_step(machine, name, requests):
    """In instructions, of all these requests: a scan tells the longest since the one before."""
    longest = 0
    for request in requests:
        text = ask(machine, f"{request[0]} {name} {request[1]}".strip())
        longest = max(longest, *map(int, LONGEST.findall(text)), 0)
    return max(longest, int(LONGEST.search(ask(machine, f"scan {name} --from 0 --to 0")).group(1)))


def look_at_all(machine, name, command):
    """Ended after a while, where there is no end to it."""
    if name in ("absent", "untouched", "banners"):
        ask(machine, command)
    else:
        machine.send(f"{command}\n")
        machine.expect(rf"{command}\n")
        time.sleep(1)
        machine.send("q")
        machine.expect(rf"^{name}: stopped\n(?s:.*?)plinth> ")


def test_no_step_takes_long(boot, make_bundle):
    """Whatever is in the tables, counted by the PMU on the machine's own virtual time."""
    names = ["absent", "loop", *(name for name in CASES if CASES[name] > CASES["remaps"])]
    machine, _ = boot_cases(boot, make_bundle, names, cpu="max", cpus=1, icount=True)
    for name in names:
        ask(machine, f"vm pause {name}")
    requests = {
        "translate": [("translate", f"{at + (i << 14):x}") for at in TRIED for i in range(2)],
        "read": [("read", f"{at + (i << 12):x} 24") for at in TRIED for i in range(3)],
    }
    for options in ("", "--gpa", "--el0", "-x --both"):
        windows = [f"--from {at:x} --to {at + WINDOW - 1:x} {options}" for at in TRIED]
        requests[f"scan {options}"] = [("scan", window) for window in windows]
    longest = {}
    for name in names:
        for kind, asked in requests.items():
            longest[name, kind] = longest_step(machine, name, asked)
        for command in (f"find-kernel {name}", f"scan {name}", f"scan {name} -x"):
            look_at_all(machine, name, command)
            longest[name, f"{command}, whole"] = longest_step(machine, name, [])
    assert min(longest.values()) > 1_000
    assert {what: count for what, count in longest.items() if count > STEP_MAX} == {}


LISTING = """\
plinth> scan guest --both
scan guest: vcpu 0 at EL1, sctlr 1 tcr 2 mair 3 ttbr0 4 ttbr1 5
0000000000400000-00000000004bffff r-?/r-? scattered wb is
ffff800008010000-ffff80000801ffff rw?/--? 0000000008000000 nGnRE os
2 ranges; AT 5785 times, descriptors read 0; tables not in memory 0, raced 0
"""


def scan_svg(listing, output):
    command = [ROOT / "plinth", "scan-svg", listing, "-o", output]
    return subprocess.run(command, capture_output=True, text=True)


def test_scan_svg(tmp_path):
    listing, output = tmp_path / "listing", tmp_path / "picture.svg"
    listing.write_text(LISTING)
    assert scan_svg(listing, output).returncode == 0
    picture = ElementTree.parse(output).getroot()
    titles = [title.text for title in picture.iter("{http://www.w3.org/2000/svg}title")]
    assert titles == [line for line in LISTING.splitlines() if RANGE.match(line)]

    listing.write_text("nothing\n")
    done = scan_svg(listing, output)
    assert done.returncode != 0 and "no line of it is a range" in done.stderr
    listing.write_text(LISTING * 2)
    assert "not in order" in scan_svg(listing, output).stderr
    assert "No such file" in scan_svg(tmp_path / "nowhere", output).stderr
