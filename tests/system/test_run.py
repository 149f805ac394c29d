# SPDX-License-Identifier: Apache-2.0
"""./plinth itself: its refusals, and exit codes from the last line of the console."""

import subprocess

import pytest
from harness.vms import INITRD, KERNEL
from plinth import qemu, run
from plinth.paths import ROOT


def plinth(*arguments):
    return subprocess.run(
        [ROOT / "plinth", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True
    )


@pytest.mark.parametrize("verb", ["", "build", "run", "test", "bench", "pack", "setup", "clean"])
def test_help(verb):
    done = plinth(*verb.split(), "--help")
    assert done.returncode == 0
    assert "usage: ./plinth" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], "invalid choice: 'nonsense'"),
        (["run", "nowhere"], "no folder, bundle or example 'nowhere' (examples: default, single)"),
        (["run", "--host", "uefi"], "does not start from UEFI yet"),
        (["run", "--gic", "2", "--cpus", "9"], "--cpus 9: 1 to 8 with GICv2"),
        (["run", "--memory", "1"], "--memory 1: at least 64"),
        (["build", "nonsense"], "no such thing: nonsense"),
    ],
)
def test_bad_usage_is_refused(arguments, message):
    done = plinth(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("console", "code"),
    [
        (b"plinth: exit 0 (all VMs are off)\r\n", 0),
        (b"plinth: exit 3 (VM crashed)\r\n", 3),
        (b"plinth: exit 9 (early)\r\nmore\r\nplinth: exit 1 (late)\r\n", 1),
        (b"a guest says plinth: exit 0 (not so)\r\n", run.EXIT_NO_LINE),
        (b"", run.EXIT_NO_LINE),
    ],
)
def test_exit_code_is_of_the_last_line(console, code):
    assert run.exit_code(console) == code


def test_qemu_that_ends_without_the_line(capfdbinary):
    append = "console=ttyAMA0 quiet plinth.name=bare plinth.action=poweroff"
    board = qemu.Board(el2=False, memory_mib=256)
    assert run.boot(qemu.command(board, KERNEL, INITRD, append), True, 60) == run.EXIT_NO_LINE
    captured = capfdbinary.readouterr()
    assert b"plinth-guest: bare cpus=2" in captured.out
    assert b"without Plinth's line" in captured.err


def test_console_is_copied_and_timeout_ends_it(capfdbinary):
    assert run.boot(["echo", "plinth: exit 4 (echoed)"], True, None) == 4
    assert capfdbinary.readouterr().out == b"plinth: exit 4 (echoed)\n"
    with pytest.raises(run.PlinthError, match="no end after 0.2 s") as error:
        run.boot(["sleep", "60"], True, 0.2)
    assert error.value.exit_code == run.EXIT_TIMEOUT
