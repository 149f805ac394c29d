# SPDX-License-Identifier: Apache-2.0
"""plinthctl at a terminal: what a user sees who types. The terminal is the control VM's console."""

import json
import re

import pytest
from harness import shell
from harness.control import Guest, boss, wait_for_state
from harness.vms import debian

IN_ORDER = pytest.mark.xdist_group("control_terminal")  # the tests of one machine
CTRL_C = "\x03"
CTRL_BRACKET = "\x1d"
CLEAR = r"\x1b\[H\x1b\[J"


@pytest.fixture(scope="module")
def machine(boot_for_module, make_module_bundle):
    bundle = {"boss": boss(), "worker": debian("worker", vcpus=1, action="shell")}
    machine = boot_for_module(make_module_bundle(bundle), memory_mib=1024)
    machine.expect_all([r"^boss\| This VM may(?s:.*?)boss# ", r"^worker\| Enter 'help'"], 120)
    return machine


@pytest.fixture
def guest(machine):
    return Guest(machine)


@IN_ORDER
def test_console_is_raw_and_left_by_its_escape(machine, guest):
    """Ctrl-C is the other VM's; Ctrl-] gives the terminal back as it was, with what it prints."""
    before = guest.run("stty -a")
    machine.send("plinthctl console worker\n")
    machine.expect(r"^boss\| \[worker: Ctrl-\] leaves\]$")
    machine.send("\n")
    machine.expect(r"^boss\| (?s:.*?)worker# ")
    # A shell that edits a line, or is just starting a program, takes no signal.
    machine.send("sh -c 'echo asleep-$((6 * 7)); exec sleep 1000'\n")
    machine.expect(r"^boss\| asleep-42$")
    machine.send(CTRL_C)
    machine.expect(r"\^C(?s:.*?)worker# ")
    machine.send("echo typed-in-$NAME\n")
    machine.expect(r"^boss\| typed-in-worker$")
    machine.send(CTRL_BRACKET)
    shell.expect_prompt(machine, "boss")
    assert guest.run("echo $NAME") == "boss"
    assert guest.run("stty -a") == before
    assert guest.run("kill -0 $! 2>/dev/null; jobs") == "", "nothing is left behind"


@IN_ORDER
def test_console_restores_the_terminal_when_it_fails(machine, guest):
    before = guest.run("stty -a")
    machine.send("plinthctl console worker; echo left-$?\n")
    machine.expect(r"^boss\| \[worker: Ctrl-\] leaves\]$")
    machine.send("exit\n")  # the worker's shell comes again: the console goes on
    machine.expect(r"^boss\| plinth-guest: worker shell$")
    machine.send(CTRL_BRACKET)
    machine.expect(r"^boss\| left-0$")
    shell.expect_prompt(machine, "boss")
    assert guest.run("stty -a") == before


@IN_ORDER
def test_top_draws_anew(machine):
    """A whole screen each second, the worker's row in it, until Ctrl-C."""
    machine.send("plinthctl top\n")
    for _ in range(3):
        machine.expect(rf"^boss\| {CLEAR}\d+ CPUs, memory \d+ KiB, free \d+ KiB$")
        machine.expect(r"^boss\| worker +running +\d+\.\d ")
    machine.send(CTRL_C)
    shell.expect_prompt(machine, "boss")


@IN_ORDER
def test_trace_follow(guest):
    """Goes on with what is done after it was started."""
    guest.run("plinthctl trace on; plinthctl --json trace follow >/tmp/trace & sleep 1")
    guest.run("wc -l </tmp/trace >/tmp/count; sleep 1; plinthctl host >/dev/null; sleep 1")
    guest.run("kill %1; plinthctl trace off")
    first, last = guest.run("cat /tmp/count; wc -l </tmp/trace").split()
    assert 0 < int(first) < int(last)
    records = [json.loads(line) for line in guest.run("tail -21 /tmp/trace | head -20").split("\n")]
    assert len(records) == 20
    assert all({"time", "kind", "cpu", "a", "b"} <= set(record) for record in records)
    assert {record.get("vm") for record in records} & {0, 1}


@IN_ORDER
def test_log_follow(guest):
    """What Plinth says later comes too, once."""
    guest.run("plinthctl log --follow >/tmp/log & sleep 1; plinthctl vm stop worker --now")
    wait_for_state(guest, "off")
    text = guest.run("sleep 1; kill %1; grep -c 'vm worker: off$' /tmp/log")
    assert re.search(r"^1$", text, re.M), text
    assert guest.run("grep -c 'vm worker: 1 vCPUs' /tmp/log") == "1", "and what was said before"
    guest.run("plinthctl vm start worker")
    wait_for_state(guest, "running")
