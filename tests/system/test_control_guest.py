# SPDX-License-Identifier: Apache-2.0
"""plinthctl and what runs in the other guest: its tools, its balloon, its CPUs."""

import re
import time

import pytest
from harness import shell
from harness.console import SLOWNESS
from harness.control import Guest, boss, refused, wait_for_state
from harness.monitor import ask, go_to_monitor
from harness.vms import INITRD_VMWARE, MIB, debian, report_of, with_tools
from plinth import cpio, initramfs, optional
from plinth.errors import PlinthError

BOSS_READY = r"^boss\| This VM may(?s:.*?)boss# "
ON = "vm worker: its tools answer OS_PowerOn: finished"
MODULE = "lib/vmware_balloon.ko"


# In the boss's shell: types its argument into the worker's. Defined once, for long lines are more than
# a busy guest's UART keeps.
TYPING = (
    r"""in_worker() { (sleep 1; printf '%s\n' "echo from-\$((6 * 7)); $1; echo to-\$((6 * 7))"; sleep 4) """
    "| plinthctl console worker; echo; }"
)


def by_console(guest, command):
    """What a command in the worker's shell prints."""
    if guest.run("type in_worker >/dev/null 2>&1 || echo new") == "new":
        guest.run(TYPING)
    text = guest.run(f"in_worker '{command}'").replace("boss| ", "")
    # The console shows its last 2,047 bytes first.
    found = re.findall(r"^from-42\n((?s:.*?))^to-42$", text, re.M)
    assert found, text
    return found[-1]


def wait_for(machine, text, count=1):
    """Until it has been said so often. While the tools' scripts run they refuse what comes next."""
    deadline = time.monotonic() + 180 * SLOWNESS
    while machine.console.transcript.count(text) < count:
        assert time.monotonic() < deadline, machine.console.transcript
        time.sleep(0.2)


def test_soft_power(boot, make_bundle):
    """Suspend, reboot and halt by the other guest's own hands: VMware's tools, asked by plinthctl."""
    bundle = {"boss": boss(), "worker": with_tools("worker", {}, "tools,shell")}
    machine = boot(make_bundle(bundle), memory_mib=2048)
    machine.expect_all([BOSS_READY, r"^worker\| Enter 'help'"], 240)
    guest = Guest(machine)
    wait_for(machine, ON)
    assert guest.json("vm info worker")["guest"]["tools"] == "listening"

    asked = "worker: its tools are asked, and have {} s"
    assert guest.run_status("plinthctl vm pause worker") == (asked.format(10), 0)
    wait_for_state(guest, "paused")
    assert "vm worker: its tools answer OS_Suspend: finished" in machine.console.transcript
    assert guest.run_status("plinthctl vm resume worker") == ("", 0)
    wait_for_state(guest, "running")

    wait_for(machine, "vm worker: its tools answer OS_Resume: finished")

    starts = guest.json("vm info worker")["starts"]
    answer = guest.json("vm reboot worker --timeout 100")
    assert answer == {"name": "worker", "verb": "reboot", "asked": True}
    wait_for(machine, ON, 2)
    assert "vm worker: its tools answer OS_Reboot: finished" in machine.console.transcript
    assert guest.json("vm info worker")["starts"] == starts + 1

    assert guest.run_status("plinthctl vm stop worker") == (asked.format(60), 0)
    wait_for_state(guest, "off")
    assert "vm worker: its tools answer OS_Halt: finished" in machine.console.transcript


def test_memory_within_limits(boot, make_bundle, tmp_path):
    """Linux's own balloon driver in the other guest gives memory away and gets it back."""
    try:
        driver = optional.balloon_driver().read_bytes()
    except PlinthError as error:
        pytest.skip(f"no balloon driver: {error}")
    initramfs.write(tmp_path / "initrd.gz", extra=[cpio.file(MODULE, driver)])
    worker = debian("worker", vcpus=1, memory=256 * MIB, action="shell", extra=["vmware"])
    bundle = {"boss": boss(), "worker": {**worker, "initrd.gz": tmp_path / "initrd.gz"}}
    machine = boot(make_bundle(bundle), memory_mib=1024)
    machine.expect_all([BOSS_READY, r"^worker\| Enter 'help'"], 120)
    guest = Guest(machine)
    assert guest.run_status("plinthctl vm set worker memory=192M") == ("", 0)
    assert "balloon: is to take 65536 KiB, but the guest has no driver" in guest.run(
        "plinthctl vm info worker"
    )
    by_console(guest, f"insmod /{MODULE}")
    wait_for_balloon(machine, 65536)
    seen = guest.json("vm info worker")["guest"]
    assert (seen["balloon_bytes"], seen["balloon_driver"]) == (64 * MIB, True)
    assert guest.run_status(f"plinthctl vm set worker memory={256 * MIB}") == ("", 0)
    wait_for_balloon(machine, 0)
    refused(guest, "vm set worker memory=257M", 1, "a value is out of range")
    refused(guest, "vm set worker memory=many", 2, "many is no number")
    refused(guest, "vm set boss memory=64M", 1, "has no balloon; write `vmware;` in its vm.dts")


def wait_for_balloon(machine, kib):
    """By the monitor, which tells how much has gone; the keyboard is at the boss's shell after it."""
    go_to_monitor(machine)
    deadline = time.monotonic() + 60 * SLOWNESS
    while f"balloon: {kib} of {kib} KiB" not in (answer := ask(machine, "vm balloon worker")):
        assert time.monotonic() < deadline, answer
        time.sleep(0.5)
    machine.send("console boss\n")
    shell.expect_prompt(machine, "boss")


OURS = "00112233-4455-6677-8899-aabbccddeeff"
EFIVARS = "/sys/firmware/efi/efivars"


def set_variable(guest, name):
    """In the worker, by Linux: 5 bytes, non-volatile, for boot and runtime."""
    write = f'printf "\\007\\000\\000\\000hello" >/v; dd if=/v of={EFIVARS}/{name}-{OURS} bs=64'
    assert "0+1 records out" in by_console(guest, f"{write} 2>&1")


def test_nvram(boot, make_bundle, tmp_path):
    """The worker's variables: listed, saved, saved again when they change, and put back."""
    initramfs.write_modules(tmp_path / "initrd.gz", "efivarfs")
    extra = ['firmware = "uefi"', 'nvram = "volatile"']
    worker = debian("worker", vcpus=1, action="modules,shell", extra=extra)
    bundle = {"boss": boss(), "worker": {**worker, "initrd.gz": tmp_path / "initrd.gz"}}
    machine = boot(make_bundle(bundle), memory_mib=1024)
    machine.expect_all([BOSS_READY, r"^worker\| Enter 'help'"], 240)
    guest = Guest(machine)
    by_console(guest, f"mount -t efivarfs none {EFIVARS}")
    set_variable(guest, "First")
    row = {"name": "First", "guid": OURS, "runtime": True, "bytes": 5}
    listed = guest.json("nvram list worker")
    assert row in listed
    assert f"{OURS} runtime     5 First" in guest.run("plinthctl nvram list worker")
    saved = guest.json("nvram save worker /tmp/saved")
    assert (saved["file"], saved["variables"]) == ("/tmp/saved", len(listed))

    guest.run("plinthctl nvram save worker /tmp/kept --follow >/tmp/follow & sleep 1")
    set_variable(guest, "Second")
    guest.run("n=0; until tr -d '\\0' </tmp/kept | grep -q Second || [ $n -gt 50 ]; do n=$((n + 1)); sleep 0.2; done")
    assert {v["name"] for v in guest.json("nvram list worker")} >= {"First", "Second"}
    guest.run("kill %1")
    follow = guest.run("cat /tmp/follow; tr -d '\\0' </tmp/kept | grep -c Second").splitlines()
    assert follow[0].startswith(f"/tmp/kept saved: {len(listed)} variables")
    assert follow[-2].startswith(f"/tmp/kept saved: {len(listed) + 1} variables")
    assert follow[-1] == "1"

    assert guest.run("plinthctl nvram restore worker /tmp/saved").startswith("/tmp/saved restored")
    assert guest.json("nvram list worker") == listed
    guest.run("plinthctl vm reset worker")
    machine.expect(report_of("worker", 1), 120)
    machine.expect(r"^worker\| Enter 'help'", 60)
    by_console(guest, f"mount -t efivarfs none {EFIVARS}; cd {EFIVARS}")
    text = by_console(guest, "echo *-0011*; cat First-*; echo")
    assert f"First-{OURS}" in text and "hello" in text and "Second" not in text, text
    refused(guest, "nvram restore worker /bin/busybox", 1, "is no file of `plinthctl nvram save`")
    refused(guest, "nvram list boss", 1, "boss has no UEFI variables")
    refused(guest, "nvram save worker /nowhere/file", 1, "No such file")
    host = guest.json("host")
    print(host["longest_call"], host["longest_call_instructions"])
    assert host["longest_call_instructions"] <= 10_000, host


def test_vcpus_online(boot, make_bundle):
    """Linux finds its second CPU refused, and gets it when it may."""
    worker = debian("worker", vcpus=2, action="shell", extra=["vmware"])
    bundle = {"boss": boss(), "worker": {**worker, "initrd.gz": INITRD_VMWARE}}
    machine = boot(make_bundle(bundle), memory_mib=1024)
    machine.expect_all([BOSS_READY, report_of("worker", 2), r"^worker\| Enter 'help'"], 120)
    guest = Guest(machine)
    assert guest.json("vm set worker vcpus=1")["vcpus_max"] == 1
    online = "nproc; echo 1 >/sys/devices/system/cpu/cpu1/online; nproc"
    assert re.findall(r"^\d$", by_console(guest, online), re.M) == ["2", "2"], "it stays on"
    guest.run("plinthctl vm reset worker")
    wait_for_state(guest, "running")
    machine.expect(report_of("worker", 1), 60)
    machine.expect(r"^worker\| Enter 'help'", 60)
    text = by_console(guest, online)
    assert re.findall(r"^\d$", text, re.M) == ["1", "1"], text
    assert guest.run_status("plinthctl vm set worker vcpus=2") == ("", 0)
    assert re.findall(r"^\d$", by_console(guest, online), re.M) == ["1", "2"]
    refused(guest, "vm set worker vcpus=3", 1, "a value is out of range")
