/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of tables_rewrite_fdt(): each changes the tree and returns libfdt's error, 0 for none. */
#ifndef TABLES_FDT_PARTS_H
#define TABLES_FDT_PARTS_H

#include "tables/tables.h"

int fdt_rewrite_cpus(void *fdt, const struct tables_cpus *cpus);
void fdt_drop_psci(void *fdt);

#endif
