# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the system tests. ./plinth test system builds what they boot, then calls pytest."""

import re
import shutil

import pytest
from harness import vms
from harness.gdbstub import GdbStub
from harness.machine import Machine
from plinth import optional, qemu
from plinth.errors import PlinthError
from plinth.paths import IMAGE, TEST_LOGS
from plinth.qemu import Board

# What core/init prints of a broken invariant, boot/ of an exception, and the compiler's guard.
PANIC = r"^plinth: (panic|exception|boot: )|^plinth: exit 7[0-9] "


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="run the tests that take minutes too")


def pytest_collection_modifyitems(config, items):
    # A group is one worker's from its first test to its last: at the end the others would wait for it.
    items.sort(key=lambda item: not item.get_closest_marker("xdist_group"))
    if config.getoption("--long"):
        return
    skip = pytest.mark.skip(reason="takes minutes: --long")
    for item in items:
        if "long" in item.keywords:
            item.add_marker(skip)


def bundle_maker(folder_of):
    """make({VM: {file: text, bytes or path}}, name, image) -> bundle's path; all of them are removed at
    the end."""
    made = []

    def make(machines, name="bundle", image=None):
        folder = folder_of() / name
        made.append(folder)
        folder.mkdir()
        return vms.write_bundle(folder / "vms", machines, folder / "bundle.cpio", image)

    yield make
    for folder in made:
        shutil.rmtree(folder, ignore_errors=True)


def machine_starter(name, panics=False):
    """start(kernel, initrd=..., append=..., **board) -> Machine, ended when the test or module is.
    Transcripts are kept in build/test-logs. Whatever a test is about, Plinth must not panic, save
    where the test makes it."""
    machines = []
    name = re.sub(r"[^\w.-]+", "_", name)[:100]

    def start(kernel, initrd=None, append="", **board):
        number = f"-{len(machines)}" if machines else ""
        log = TEST_LOGS / f"{name}{number}.log"
        machine = Machine(Board(**board), kernel, initrd, append, log)
        machines.append(machine)
        return machine

    yield start
    for machine in machines:
        machine.close()
    for machine in machines:
        text = machine.console.transcript
        assert panics or not re.search(PANIC, text, re.M), text


def plinth_starter(start):
    """boot(bundle, append="", **board) -> Machine that runs Plinth with this bundle."""
    assert IMAGE.exists(), f"{IMAGE} is missing: ./plinth build"

    def boot(bundle, append="", **board):
        return start(IMAGE, bundle, append, **board)

    return boot


@pytest.fixture
def make_bundle(tmp_path):
    yield from bundle_maker(lambda: tmp_path)


@pytest.fixture
def start(request):
    yield from machine_starter(request.node.nodeid, "panics" in request.keywords)


@pytest.fixture
def boot(start):
    return plinth_starter(start)


@pytest.fixture
def qemu_with_tdcc(monkeypatch):
    """The machines of this test are a newer QEMU's, which has MDSCR_EL1.TDCC: MDCCSR_EL0 is refused
    at EL0 as it is on silicon."""
    try:
        program = optional.qemu_with_tdcc()
    except PlinthError as error:
        pytest.skip(f"no QEMU with TDCC: {error}")
    monkeypatch.setattr(qemu, "QEMU", program)


@pytest.fixture
def stub():
    """The debugger of one machine: boot(..., extra=stub.options()), then stub.connect()."""
    stub = GdbStub()
    yield stub
    stub.close()


# The same for tests that look at one run together: one machine for the module.


@pytest.fixture(scope="module")
def make_module_bundle(tmp_path_factory):
    yield from bundle_maker(lambda: tmp_path_factory.mktemp("module"))


@pytest.fixture(scope="module")
def start_for_module(request):
    yield from machine_starter(request.node.nodeid)


@pytest.fixture(scope="module")
def boot_for_module(start_for_module):
    return plinth_starter(start_for_module)
