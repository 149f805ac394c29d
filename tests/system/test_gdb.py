# SPDX-License-Identifier: Apache-2.0
"""plinthctl gdb: the real gdb-multiarch on VMs that run."""

import re
import subprocess

import pytest
from harness import shell
from harness.control import Guest, boss, refused, wait_for_state
from harness.gdb import INTERRUPT_SOON, Gdb, frame
from harness.vms import PAYLOADS, debian, payload

PROGRAM = PAYLOADS / "debuggee.elf"
TOLD = r"debuggee: brks (\w+), own breakpoints (\d+) of (\d+)$"
ONE_MACHINE = pytest.mark.xdist_group("gdb")


@pytest.fixture(scope="module")
def machine(boot_for_module, make_module_bundle):
    machine = boot_for_module(make_module_bundle({"boss": boss(), "worker": payload("debuggee", vcpus=2)}))
    machine.expect_all([r"^boss\| This VM may(?s:.*?)boss# ", r"^worker\| PASS: second CPU"], 120)
    return machine


def debug(machine, *commands, **options):
    before = (f"file {PROGRAM}", "set print thread-events off", "set confirm off")
    return Gdb(machine, "worker", commands, before=before, **options)


def told(machine):
    """(brks, own breakpoints, rounds), as the guest says when a key is pressed."""
    command = "printf x | plinthctl console worker >/dev/null; sleep 1"
    text = shell.ask(machine, command, "boss", mark=r"boss\| ")
    found = re.search(TOLD, text, re.M)
    assert found, text
    return found.group(1), int(found.group(2)), int(found.group(3))


def goes_on(machine):
    """All of its BRKs are met, and its own breakpoint is live again."""
    brks, first, rounds = told(machine)
    assert brks == "all"
    brks, last, later = told(machine)
    assert brks == "all" and later > rounds
    assert last - first == later - rounds


@ONE_MACHINE
def test_breakpoints(machine):
    """In memory and in registers, on both vCPUs; stepping; registers and memory, read and written."""
    goes_on(machine)
    gdb = debug(
        machine,
        "info threads",  # 0
        "break advance",
        "continue",  # 2
        "print $pc == (unsigned long)&advance && value == rounds",
        "set $x0 = 5",
        "stepi",
        "stepi",
        "finish",  # 7
        "print $x0",  # 8
        "delete",
        "print watched[3] = 0x1234567",
        "print watched[3]",  # 11
        "hbreak peer_round",
        "continue",  # 13
        "thread",  # 14
        "delete",
        "print $sp != 0 && $cpsr != 0 && $SCTLR_EL1 != 0",  # 16
        "break advance",
        "continue",  # 18
        "print $_thread",  # 19
        "detach",
    )
    text = gdb.text
    assert len(re.findall(r"^[* ] +\d+ +Thread \d", text[0], re.M)) == 2, gdb.whole
    assert "vCPU 1, EL1" in text[0]
    assert re.search(r"Breakpoint 1, .*advance", text[2]), gdb.whole
    assert gdb.value(3) == 1
    assert gdb.value(8) == 16, gdb.whole
    assert gdb.value(11) == 0x1234567
    assert re.search(r"Breakpoint 2, .*peer_round", text[13]), gdb.whole
    assert "[Current thread is 2" in text[14]
    assert gdb.value(16) == 1
    assert re.search(r"Breakpoint 3, .*advance", text[18]), gdb.whole
    assert gdb.value(19) == 1
    goes_on(machine)


@ONE_MACHINE
def test_watchpoints(machine):
    gdb = debug(
        machine,
        "watch watched[1]",
        "continue",  # 1
        "print watched[1] == rounds",
        "delete",
        "rwatch watched[2]",
        "continue",  # 5
        "info symbol $pc",
        "delete",
        "awatch answer",
        "continue",  # 9
        "delete",
        "watch watched",  # 11: 32 bytes
        "continue",
        "detach",
    )
    assert re.search(r"Hardware watchpoint 1: watched\[1\]\s+Old value = (\d+)\s+New value = (?!\1)\d+", gdb.text[1])
    assert gdb.value(2) == 1
    assert "Hardware read watchpoint 2: watched[2]" in gdb.text[5], gdb.whole
    assert gdb.text[6].startswith("one_round")
    assert "Hardware access (read/write) watchpoint 3: answer" in gdb.text[9], gdb.whole
    assert "Hardware watchpoint 4: watched" in gdb.text[12], gdb.whole
    goes_on(machine)


@ONE_MACHINE
def test_the_guests_own_meanwhile(machine):
    """Its BRKs go to it, those of the debugger's own number too; its registers are not live, and read
    as it wrote them. Then an interrupt."""
    gdb = debug(
        machine,
        "break advance",
        "continue",
        "print own_breakpoints",  # 2
        "print rounds",  # 3
        "continue",
        "continue",
        "print own_breakpoints",  # 6
        "print rounds",  # 7
        "print own_brks == 2 * (rounds - 1)",  # 8
        "delete",
        INTERRUPT_SOON,
        "continue",  # 11
        "print own_brks >= 2 * (rounds - 1)",
        "print own_breakpoints",  # 13
        "print rounds",  # 14
        "detach",
    )
    assert gdb.value(6) == gdb.value(2) == gdb.value(13), gdb.whole
    assert gdb.value(7) == gdb.value(3) + 2 < gdb.value(14), gdb.whole
    assert gdb.value(8) == 1
    assert "received signal SIGINT" in gdb.text[11], gdb.whole
    assert gdb.value(12) == 1
    goes_on(machine)


@ONE_MACHINE
def test_one_runs_alone(machine):
    gdb = debug(
        machine,
        "set scheduler-locking on",
        "thread 2",
        "print rounds",  # 2
        "print peer_rounds",
        "break peer_round",
        "continue",
        "continue",
        "continue",
        "print rounds",  # 8
        "print peer_rounds",
        "kill",  # it is no process: it runs on
    )
    assert gdb.value(8) == gdb.value(2), gdb.whole
    assert gdb.value(9) >= gdb.value(3) + 2, gdb.whole
    goes_on(machine)


def wait_until(guest, condition, seconds=60):
    """Until that command of the guest's shell succeeds, which counts the tries."""
    guest.run(f"n=0; until {condition} || [ $n -gt {seconds * 5} ]; do n=$((n + 1)); sleep 0.2; done")


@ONE_MACHINE
def test_by_port_and_who_dies(machine):
    """By TCP; a breakpoint is in nobody's sight; and a plinthctl that is killed leaves a VM that runs."""
    guest = Guest(machine)
    guest.run("ifconfig lo 127.0.0.1 up")
    advance = address("advance")
    read = f"plinthctl memory read worker {advance:#x} 4"
    before = guest.run(read)
    guest.run("plinthctl gdb worker --port 4711 >/tmp/gdb & true")
    wait_until(guest, "grep -q waiting /tmp/gdb")
    assert guest.run("cat /tmp/gdb") == "waiting for gdb: target remote 127.0.0.1:4711"
    put = frame("?") + "+" + frame(f"Z0,{advance:x},4") + "+" + frame(f"m{advance:x},4")
    guest.run(f"(printf '{put}'; sleep 600) | nc 127.0.0.1 4711 >/tmp/answers & true")
    wait_until(guest, "grep -q '[+][$][0-9a-f]*#[0-9a-f]*$' /tmp/answers")  # the last: what m has read
    answers = guest.run("cat /tmp/answers; echo")
    assert "T02thread:1;" in answers and "$OK#9a" in answers, answers
    assert guest.json("vm info worker")["state"] == "paused"
    assert guest.run(read) == before
    # Another one takes it over: it has no breakpoint, nor a session any more.
    guest.run("plinthctl gdb worker --port 4712 >/tmp/other & true")
    wait_until(guest, "grep -q waiting /tmp/other")
    guest.run(f"(printf '{frame('?')}'; sleep 600) | nc 127.0.0.1 4712 >/tmp/others & true")
    wait_until(guest, "grep -q '#' /tmp/others")
    assert guest.run("cat /tmp/others; echo").startswith("+$T02thread:1;")
    guest.run("kill -9 $(pidof plinthctl)")
    machine.expect(r"vm worker: its debugger has left; it runs on$", 120)
    assert guest.json("vm info worker")["state"] == "running"
    guest.run("killall nc")
    goes_on(machine)


def address(symbol):
    """Where it is in the program."""
    listed = subprocess.run(["aarch64-linux-gnu-nm", PROGRAM], capture_output=True, text=True).stdout
    return int(re.search(rf"^([0-9a-f]+) . {symbol}$", listed, re.M).group(1), 16)


@ONE_MACHINE
def test_what_cannot_be_debugged(machine):
    guest = Guest(machine)
    refused(guest, "gdb boss --port 1", 1, "boss is this VM itself")
    refused(guest, "gdb worker", 2, "usage: plinthctl gdb NAME --port N")
    refused(guest, "gdb worker --port 1 --stdio", 2, "usage: plinthctl gdb NAME --port N")
    refused(guest, "gdb worker --port 65536", 2, "65536 is no port")
    refused(guest, "gdb worker --port 1 --listen nowhere", 2, "nowhere is no IPv4 address")
    refused(guest, "gdb nobody --port 1", 1, "no VM is called nobody")


@ONE_MACHINE
def test_a_reset_ends_the_session(machine):
    """gdb is told; the VM starts anew, without breakpoints."""
    guest = Guest(machine)
    # It comes when gdb has written its mark and the VM runs again: both stay so until then.
    read = f"plinthctl memory read worker {address('watched') + 3 * 8:#x} 8"
    marked = f'until [ "$({read})" != "{guest.run(read)}" ]; do sleep 1; done'
    running = "until plinthctl vm info worker | grep -q running; do sleep 1; done"
    guest.run(f"({marked}; {running}; plinthctl vm reset worker) & true")
    gdb = debug(machine, "hbreak power_off", "print watched[3] = 0xabcdef", "continue")
    assert "exited normally" in gdb.text[2], gdb.whole
    goes_on(machine)
    guest.run("plinthctl vm stop worker --now")
    wait_for_state(guest, "off")
    refused(guest, "gdb worker --port 1", 1, "worker is off: it can be debugged when it runs")


def type_to_worker(machine, line):
    """What is seen on all consoles within two seconds after it was typed."""
    command = f"printf '{line}\\n' | plinthctl console worker >/dev/null; sleep 2"
    return shell.ask(machine, command, "boss", mark=r"boss\| ")


UNAME = 160  # its number as a system call
SYSCALLNO = 280  # where it is in struct pt_regs, which a system call's function has in X0
EC_SVC = 0x15


def test_a_kernel(boot, make_bundle):
    """Debian's, by the addresses of its own list: both vCPUs, and it goes on as if nothing had been."""
    vms = {"boss": boss(), "worker": debian("worker", vcpus=2, action="shell")}
    machine = boot(make_bundle(vms), memory_mib=1024)
    machine.expect_all([r"^boss\| This VM may(?s:.*?)boss# ", r"^worker\| Enter 'help'"], 180)
    text = type_to_worker(machine, "grep -w __arm64_sys_newuname /proc/kallsyms")
    uname = int(re.search(r"([0-9a-f]{16}) T __arm64_sys_newuname", text).group(1), 16)
    type_to_worker(machine, "(while sleep 1; do uname; done) >/dev/null 2>&1 &")
    gdb = Gdb(
        machine,
        "worker",
        [
            "info threads",  # 0
            f"break *{uname:#x}",
            "continue",
            "print/x $pc",  # 3
            f"print *(int *)($x0 + {SYSCALLNO})",
            "stepi",
            "stepi",
            "print/x $pc",  # 7
            "continue",
            "print/x $pc",  # 9
            "delete",
            f"hbreak *{uname:#x}",
            "continue",
            "print/x $pc",  # 13
            "print $ESR_EL1 >> 26",
            "delete",
            "watch -location *(long *)$x0",  # its first argument, and its result
            "continue",  # 17
            "delete",
            f"break *{uname:#x}",  # left there
            "detach",
        ],
    )
    assert len(re.findall(r"^[* ] +\d+ +Thread \d", gdb.text[0], re.M)) == 2, gdb.whole
    assert gdb.value(3) == gdb.value(9) == gdb.value(13) == uname, gdb.whole
    assert gdb.value(4) == UNAME, gdb.whole
    assert gdb.value(7) == uname + 8, gdb.whole
    assert gdb.value(14) == EC_SVC, gdb.whole
    assert "New value = 0" in gdb.text[17], gdb.whole
    own = "echo $(uname) $(nproc) CPUs, $(dmesg | grep -ciE \"rcu.*stall|lockup|BUG:|Oops\") bugs"
    assert "Linux 2 CPUs, 0 bugs" in type_to_worker(machine, own)
