# SPDX-License-Identifier: Apache-2.0
"""./plinth itself: what the README promises of it, its refusals, its exit codes."""

import os
import re
import subprocess

import pytest
from harness.monitor import ESCAPE
from harness.terminal import Terminal
from harness.vms import INITRD, KERNEL, report_of
from plinth import qemu, run
from plinth.paths import BUILD, IMAGE, ROOT, TEST_LOGS

pytestmark = pytest.mark.xdist_group("run")  # one at a time: they share build/disk.img
POWERED_OFF_IN_THE_MONITOR = 2


def plinth(*arguments, **options):
    return subprocess.run(
        [ROOT / "plinth", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        **options,
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
        (["run", "nowhere"], "or example 'nowhere' (examples: cloud, default, mpboot, single, uefi)"),
        (["run", "--host", "bios"], "invalid choice: 'bios'"),
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


@pytest.fixture
def at_terminal(request):
    """at_terminal("run") -> ./plinth run at a terminal of its own."""
    terminals = []

    def start(*arguments):
        log = TEST_LOGS / f"{request.node.name}.log"
        terminals.append(Terminal([ROOT / "plinth", *arguments], log))
        return terminals[-1]

    yield start
    for terminal in terminals:
        terminal.close()


BOTH_GUESTS = [
    report_of("debian1", 2),
    report_of("debian2", 2),
    r"debian2 checkvm exit=0 output=VMware software version 6 \(good\)",
]


def test_headless_ends_by_the_guests_own_power_off():
    done = plinth("run", "--headless")
    assert done.returncode == 0, done.stderr
    console = done.stdout.replace("\r", "")
    for pattern in [*BOTH_GUESTS, "debian1 poweroff", "debian2 poweroff"]:
        assert re.search(pattern, console), console
    for memory in re.findall(r" mem=(\d+) ", console):
        assert 0.85 * 512 * 1024 < int(memory) < 512 * 1024
    assert console.endswith("plinth: exit 0 (all VMs are off)\n")


def test_a_newcomers_session(at_terminal):
    """Both guests with a shell each, keys to change between them, poweroff in the monitor."""
    terminal = at_terminal("run")
    settings = terminal.settings()
    shells = [r"debian1\| .*debian1# ", r"debian2\| Enter 'help'"]
    terminal.expect_all([*BOTH_GUESTS, *shells], timeout=120)
    terminal.send("nproc\n")
    terminal.expect(r"^debian1\| 2$")
    terminal.send(f"{ESCAPE}2")
    terminal.expect(r"debian2# ")
    terminal.send("echo $((6 * 8))\n")
    terminal.expect(r"^debian2\| 48$")
    terminal.send(f"{ESCAPE}m")
    terminal.expect(r"^plinth> ")
    terminal.send("poweroff\n")
    terminal.expect(r"^plinth: exit 2 \(poweroff in the monitor\)$")
    assert terminal.wait() == POWERED_OFF_IN_THE_MONITOR
    assert terminal.console.transcript.splitlines()[-1].startswith("plinth: exit 2 ")
    assert terminal.settings() == settings


def test_the_disk_stays(at_terminal):
    """What debian1 keeps on /mnt is there after a restart of the host: build/disk.img."""
    write = "date +%s >/mnt/test && sync && echo kept-$(cat /mnt/test)-$((6 * 7))"
    read = "echo found-$(cat /mnt/test)-$((6 * 7)); rm /mnt/test; umount /mnt"
    kept = None
    for command, word in ((write, "kept"), (read, "found")):
        terminal = at_terminal("run")
        terminal.expect("debian1 devices disk=/mnt net=eth0", timeout=120)
        terminal.expect(r"debian1\| .*debian1# ", timeout=120)
        terminal.send(f"{command}\n")
        text = terminal.expect(rf"^debian1\| {word}-(\d+)-42$").group(1)
        assert kept in (None, text)
        kept = text
        terminal.send("\x01x")
        terminal.wait()


def test_qemus_own_key_ends_it(at_terminal):
    terminal = at_terminal("run")
    settings = terminal.settings()
    terminal.expect(r"^plinth: 2 of 2 CPUs, ")
    terminal.send("\x01x")
    assert terminal.wait() == run.EXIT_NO_LINE
    assert terminal.settings() == settings


def test_by_uefi():
    """The same guests, from an EFI system partition that ./plinth run makes."""
    done = plinth("run", "--host", "uefi", "--headless", "--timeout", "300")
    assert done.returncode == 0, done.stdout
    console = done.stdout.replace("\r", "")
    for pattern in ["plinth: started by UEFI with a devicetree: 2 CPUs", *BOTH_GUESTS]:
        assert re.search(pattern, console), console
    assert console.endswith("plinth: exit 0 (all VMs are off)\n")


def test_mpboots_session(at_terminal):
    """What docs/mpboot.md says of the example."""
    terminal = at_terminal("run", "mpboot")
    terminal.expect(r"^plinth: mpboot: 2 of 2 CPUs, the others wait by spin-table;")
    terminal.expect(r"guest# ", timeout=120)
    terminal.send("tr -d '\\0' </sys/firmware/devicetree/base/cpus/cpu@1/enable-method; echo\n")
    terminal.expect(r"^spin-table$")
    terminal.send("nproc\n")
    terminal.expect(r"^2$")
    terminal.send("\x01x")
    assert terminal.wait() == 0


# What a set-up or a build would call. ninja calls compilers by their whole path: these leave files.
INSTALLERS_AND_BUILDERS = ("apt-cache", "apt-get", "cmake", "dpkg", "dtc", "gcc", "sudo")


@pytest.fixture
def watched(tmp_path):
    """Folder of programs that go before the real ones: they note that they were called, and fail;
    QEMU's only says what ./plinth run waits for."""
    for name in INSTALLERS_AND_BUILDERS:
        write_program(tmp_path / name, f'echo "$0 $*" >>{tmp_path}/called; exit 1')
    write_program(tmp_path / qemu.QEMU, 'echo "plinth: exit 0 (all VMs are off)"')
    return tmp_path


def write_program(path, line):
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)


ANALYSERS = {"clang-tidy", "cppcheck"}  # folders in the cache: they may be at work meanwhile


def written():
    """Path -> time of last change of all that set-up and build leave, ninja's own notes apart."""
    folders = [BUILD / name for name in ("arm64", "cache", "gcc", "guest", "bundle")]
    paths = [path for folder in folders for path in folder.rglob("*")]
    paths = [path for path in paths if not ANALYSERS.intersection(path.parts)]
    files = [path for path in paths if path.is_file() and not path.is_symlink()]
    return {
        path: path.stat().st_mtime_ns
        for path in [*files, IMAGE]
        if path.name not in (".ninja_log", "cmake.verify_globs")
    }


@pytest.mark.parametrize(
    ("arguments", "output"),
    [
        (["setup"], "plinth: setup: everything is there\n"),
        (["build"], ""),
        (["run"], "plinth: exit 0 (all VMs are off)\n"),
    ],
)
def test_second_call_is_quiet_and_quick(watched, arguments, output):
    """Nothing installed, fetched, compiled or packed, and nothing said of it. The first call was
    the one that built what the system tests boot."""
    before = written()
    path = f"{watched}:{os.environ['PATH']}"
    done = plinth(*arguments, env=dict(os.environ, PATH=path))
    assert (done.returncode, done.stdout + done.stderr) == (0, output)
    assert not (watched / "called").exists(), (watched / "called").read_text()
    assert written() == before
