# SPDX-License-Identifier: Apache-2.0
"""arm64 packages from the machine's own Debian sources, downloaded and unpacked, never installed.

apt gets a configuration of its own: state, cache and architecture are private, so the machine's
architecture list and package state stay as they are."""

import json
import os
import re
import shutil

from plinth import packages
from plinth.command import progress, run
from plinth.errors import PlinthError
from plinth.paths import BUILD, CACHE, GUEST, LOADERS, SYSROOT

APT = CACHE / "apt"
DEBS = CACHE / "debs"
STAMP = CACHE / "arm64.json"
GUEST_ROOT = GUEST / "root"
TOOLS_ROOT = GUEST / "tools"
CLOUD_ROOT = GUEST / "cloud"
LUAJIT_ROOT = GUEST / "luajit"
EFI_TOOLS_ROOT = GUEST / "efi-tools"

KERNEL_PACKAGE = re.compile(r"linux-image-[0-9]\S*-arm64")

CONFIGURATION = """\
Dir::State "{apt}/state";
Dir::State::status "{apt}/status";
Dir::Cache "{apt}/cache";
APT::Architecture "{architecture}";
#clear APT::Architectures;
APT::Architectures {{ "{architecture}"; }};
APT::Sandbox::User "";
Acquire::Languages "none";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
"""


def wanted():
    """Folder under build/ -> packages, as the stamp records it."""
    return {
        str(folder.relative_to(BUILD)): names
        for folder, names in (
            (SYSROOT, [*packages.SYSROOT]),
            (LOADERS, [*packages.LOADERS]),
            (GUEST_ROOT, [packages.KERNEL_META, *packages.GUEST]),
            (TOOLS_ROOT, [*packages.TOOLS]),
            (CLOUD_ROOT, [*packages.CLOUD]),
            (LUAJIT_ROOT, [*packages.LUAJIT]),
            (EFI_TOOLS_ROOT, [*packages.EFI_TOOLS]),
        )
    }


def taken():
    """Folder under build/ -> the packages' files that it was made of."""
    return json.loads(STAMP.read_text())["taken"] if STAMP.exists() else {}


def is_current(folder, names):
    """Was the folder made of these packages?"""
    packages_there = {file.partition("_")[0] for file in taken().get(folder, [])}
    kernels = {name for name in packages_there if KERNEL_PACKAGE.fullmatch(name)}
    if packages.KERNEL_META in names and len(kernels) == 1:
        packages_there = packages_there - kernels | {packages.KERNEL_META}
    return packages_there == set(names) and (BUILD / folder).is_dir()


def ensure(refresh=False):
    """Afterwards the folders of wanted() hold the packages."""
    stale = {
        folder: names
        for folder, names in wanted().items()
        if refresh or not is_current(folder, names)
    }
    if not stale:
        return
    progress("fetching arm64 packages")
    environment = private_apt()
    run(["apt-get", "-qq", "update"], "apt-get update for arm64", env=environment)
    kernel = kernel_package(environment)
    there = {folder: files for folder, files in taken().items() if folder in wanted()}
    for folder, names in stale.items():
        names = [kernel if name == packages.KERNEL_META else name for name in names]
        there[folder] = unpack(BUILD / folder, names, environment)
    STAMP.write_text(json.dumps({"taken": there}, indent=1) + "\n")


def private_apt(apt=APT, architecture="arm64", more=""):
    """Writes a private configuration; returns the environment that makes apt use it."""
    for folder in ("state/lists/partial", "cache/archives/partial"):
        (apt / folder).mkdir(parents=True, exist_ok=True)
    (apt / "status").touch()
    DEBS.mkdir(parents=True, exist_ok=True)
    configuration = apt / "apt.conf"
    configuration.write_text(CONFIGURATION.format(apt=apt, architecture=architecture) + more)
    return dict(os.environ, APT_CONFIG=str(configuration), LC_ALL="C")


def kernel_package(environment):
    depends = run(["apt-cache", "depends", packages.KERNEL_META], env=environment)
    match = re.search(rf"Depends: ({KERNEL_PACKAGE.pattern})\s", depends)
    if not match:
        raise PlinthError(f"{packages.KERNEL_META}: no kernel package in:\n{depends}")
    return match.group(1)


def unpack(folder, names, environment):
    """Downloads `names` and unpacks them into a fresh `folder`; returns the files' names."""
    uris = run(["apt-get", "-qq", "download", "--print-uris", *names], env=environment)
    files = [line.split()[1] for line in uris.splitlines() if line]
    run(["apt-get", "-qq", "download", *names], env=environment, cwd=DEBS)
    fresh = folder.with_name(folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for name in files:
        run(["dpkg", "-x", DEBS / name, fresh])
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)
    return files
