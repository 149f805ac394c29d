/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_ACPI_DUMP_H
#define TOOLS_ACPI_DUMP_H

#include <stdbool.h>

#include "abi/vm_config.h"

/* Finds the VM's ACPI tables as its guest will, from the devicetree on, and writes each to
 * folder/SIGNATURE.dat, in lower case. False: it has none, they are not sound, or cannot be
 * written; the cause is told on stderr. */
bool acpi_dump(const struct vm_config *config, const char *folder);

#endif
