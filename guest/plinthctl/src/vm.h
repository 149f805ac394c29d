/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of plinthctl vm share. */
#ifndef PLINTHCTL_VM_H
#define PLINTHCTL_VM_H

/* Each word, NAME=VALUE, is set in its order. */
void vm_set(const char *name, int count, char **words);

#endif
