# SPDX-License-Identifier: Apache-2.0
"""What the system tests stand on: a machine in QEMU with its console, and bundles made here."""
