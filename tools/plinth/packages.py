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
    "dosfstools",
    "e2fsprogs",
    "fdisk",
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
    "make",
    "man-db",
    "mtools",
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

# open-vm-tools and the libraries that its programs and plugins load, directly or not; without
# VGAuthService's, which wants ICU.
TOOLS = (
    "open-vm-tools",
    "base-files",
    "libblkid1",
    "libc6",
    "libcap2",
    "libcom-err2",
    "libdrm2",
    "libffi8",
    "libfuse3-3",
    "libgcc-s1",
    "libglib2.0-0",
    "libgssapi-krb5-2",
    "libk5crypto3",
    "libkeyutils1",
    "libkrb5-3",
    "libkrb5support0",
    "libmount1",
    "libmspack0",
    "libpcre2-8-0",
    "libselinux1",
    "libssl3",
    "libstdc++6",
    "libtirpc3",
    "libudev1",
    "zlib1g",
)

# cloud-init, Python and what both load.
CLOUD = (
    "cloud-init",
    "libbz2-1.0",
    "libexpat1",
    "liblzma5",
    "libpython3.11-minimal",
    "libpython3.11-stdlib",
    "libuuid1",
    "libyaml-0-2",
    "python3-attr",
    "python3-blinker",
    "python3-certifi",
    "python3-chardet",
    "python3-charset-normalizer",
    "python3-configobj",
    "python3-idna",
    "python3-jinja2",
    "python3-json-pointer",
    "python3-jsonpatch",
    "python3-jsonschema",
    "python3-jwt",
    "python3-markupsafe",
    "python3-netifaces",
    "python3-oauthlib",
    "python3-pkg-resources",
    "python3-pyrsistent",
    "python3-requests",
    "python3-serial",
    "python3-six",
    "python3-urllib3",
    "python3-yaml",
    "python3.11-minimal",
)

# A JIT that is not ours, and the libraries that it loads: for the test of technique 1.
LUAJIT = (
    "luajit",
    "libc6",
    "libgcc-s1",
    "libluajit-5.1-2",
    "libluajit-5.1-common",
)

# What administrators of UEFI machines use, and the libraries that it loads.
EFI_TOOLS = (
    "e2fsprogs",
    "efibootmgr",
    "efivar",
    "libc6",
    "libcom-err2",
    "libefiboot1",
    "libefivar1",
    "libext2fs2",
    "libpopt0",
)
