# SPDX-License-Identifier: Apache-2.0
"""The harness and the example guests' initramfs, proven without Plinth: the same kernel and
initramfs on the bare machine, at EL1."""

import struct

import pytest
from harness import shell, translation, vms
from harness.console import ConsoleError


@pytest.fixture
def start_linux(start):
    def start_bare(arguments, initrd=vms.INITRD, **board):
        append = f"console=ttyAMA0 quiet plinth.name=bare {arguments}"
        return start(vms.KERNEL, initrd, append, el2=False, memory_mib=256, **board)

    return start_bare


def test_guest_reports_itself_and_powers_off(start_linux):
    machine = start_linux("plinth.action=poweroff", cpus=1)
    memory, uptime = machine.expect(vms.report_of("bare", 1)).groups()
    assert 200_000 < int(memory) < 262_144
    assert float(uptime) > 0
    assert machine.wait() == 0
    with pytest.raises(ConsoleError, match="no 'plinth: exit' line"):
        machine.expect_exit(0)


def test_actions_run_in_order(start_linux):
    machine = start_linux("plinth.seconds=1 plinth.action=stress,nonsense,cpus,poweroff")
    machine.expect(vms.report_of("bare", 2))
    machine.expect(r"bare stress ok rounds=(\d+ ){2}")
    machine.expect(r"bare action=stress exit=0")
    machine.expect(r"bare action=nonsense unknown")
    machine.expect(r"bare cpus rounds=1 online=0-1")
    machine.expect(r"bare poweroff")
    assert machine.wait() == 0


def test_shell_takes_input(start_linux):
    machine = start_linux("plinth.action=shell")
    machine.expect(r"^bare# ")
    machine.send("echo $((6 * 7))\n")
    machine.expect(r"^42$")
    machine.send("/etc/plinth/poweroff\n")
    assert machine.wait() == 0


def test_reboot_starts_again(start_linux):
    machine = start_linux("plinth.action=reboot")
    for _ in range(2):
        machine.expect(vms.report_of("bare", 2))
        machine.expect(r"bare reboot")


@pytest.mark.parametrize("length", (4, 160, 400))
def test_lines_that_others_came_into_are_read_whole(length):
    line = "".join(f"{n:04}" for n in range(150))
    shown = line[: min(length, 160)]
    lines = (
        "one| first",
        f"one| {line[:length]}",
        "plinth: vm two: vcpu 0: exclusive access refused",
        f"one| {shown}{line[length:500]}",
        "two| hello",
        "plinth: vm two: off",
        f"one| {line[:160]}{line[500:]}",
        "one| last",
    )
    assert shell.own_lines("\n".join(lines), "one| ") == ["first", line, "last"]
    assert shell.own_lines("one| 2\ntwo| 2\none| 2\n", "one| ") == ["2", "2"]


@pytest.mark.long
def test_checkvm_loads_all_its_libraries(start_linux):
    """Without VMware's backdoor vmware-checkvm says no; what counts is that it runs."""
    machine = start_linux("plinth.checkvm plinth.action=poweroff", initrd=vms.INITRD_VMWARE)
    machine.expect(r"bare checkvm exit=1 output=.*must be run inside a virtual machine")


def test_monitor_answers(start_linux):
    machine = start_linux("plinth.action=shell")
    assert "PC=" in machine.monitor("info registers")
    machine.monitor("quit")
    assert machine.wait() == 0


def test_expect_fails_with_the_transcript(start_linux):
    machine = start_linux("plinth.action=poweroff")
    with pytest.raises(ConsoleError, match="console ended before(.|\n)*plinth-guest: bare cpus=2"):
        machine.expect("never printed")


def test_walks_of_translation_tables():
    """A page, a block, and holes at two levels."""
    block, page = 0x4000_0000_0000_0701, 0x8000_3003
    tables = {0x1000: {1: 0x2003}, 0x2000: {3: 0x3003, 511: block}, 0x3000: {0: 0x4003}}
    tables[0x4000] = {5: page}

    def read(address, size):
        entries = tables[address & -4096]
        words = [entries.get(index, 0) for index in range(512)]
        return struct.pack("<512Q", *words)[address % 4096 :][:size]

    page_at = (1 << 39) + (3 << 30) + (5 << 12)
    block_at = (1 << 39) + (511 << 30)
    leaves = list(translation.leaves(read, 0x1000))
    assert [(leaf.address, leaf.size) for leaf in leaves] == [(page_at, 4096), (block_at, 1 << 30)]
    assert leaves[0].output == page & -4096
    assert translation.find(read, 0x1000, page_at + 8) == leaves[0]
    assert translation.find(read, 0x1000, block_at + 12345) == leaves[1]
    assert not translation.find(read, 0x1000, 0).is_valid
    assert translation.find(read, 0x1000, page_at + 4096).at == 0x4000 + 6 * 8
    # Stage 2 from level 1, its second table in a row.
    tables[0x1000] = {0: block}
    tables[0x0] = {}
    assert translation.find(read, 0x0, 512 << 30, level=1).at == 0x1000
