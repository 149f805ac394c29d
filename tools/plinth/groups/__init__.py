# SPDX-License-Identifier: Apache-2.0
"""The groups of ./plinth test. Each module has run(options) -> Outcome."""
