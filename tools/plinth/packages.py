# SPDX-License-Identifier: Apache-2.0
"""What Plinth takes from Debian 12: the one list of packages."""

# Installed on the machine itself.
HOST = (
    "acpica-tools",
    "clang",
    "clang-format",
    "clang-tidy",
    "cmake",
    "cpio",
    "cppcheck",
    "device-tree-compiler",
    "gcc",
    "gcc-aarch64-linux-gnu",
    "gdb-multiarch",
    "git",
    "libc6-dev",
    "libc6-dev-arm64-cross",
    "libclang-rt-14-dev",
    "libcmocka-dev",
    "libfdt-dev",
    "lld",
    "llvm",
    "ninja-build",
    "procps",
    "python3-pefile",
    "python3-pytest",
    "python3-pytest-xdist",
    "qemu-efi-aarch64",
    "qemu-system-arm",
    "u-boot-qemu",
    "zlib1g-dev",
)

# Unpacked under build/arm64: libraries and headers that boot/ links.
SYSROOT = ("libfdt-dev", "zlib1g-dev")

# Unpacked under build/loaders: boot loaders that tests start Plinth by.
LOADERS = ("grub-efi-arm64-bin", "systemd-boot-efi")

# Unpacked under build/guest/root: what guests run.
GUEST = ("busybox-static",)

# A meta package: the versioned kernel package that it depends on is what is unpacked.
KERNEL_META = "linux-image-arm64"

# vmware-checkvm and the libraries that it loads, directly or not.
CHECKVM = (
    "open-vm-tools",
    "libc6",
    "libcom-err2",
    "libglib2.0-0",
    "libgssapi-krb5-2",
    "libk5crypto3",
    "libkeyutils1",
    "libkrb5-3",
    "libkrb5support0",
    "libpcre2-8-0",
    "libtirpc3",
)

# A JIT that is not ours, and the libraries that it loads: for the test of technique 1.
LUAJIT = (
    "luajit",
    "libc6",
    "libgcc-s1",
    "libluajit-5.1-2",
    "libluajit-5.1-common",
)
