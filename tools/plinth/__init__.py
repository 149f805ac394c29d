# SPDX-License-Identifier: Apache-2.0
"""The front script of Plinth: builds, packs, runs and tests. Standard library only."""
