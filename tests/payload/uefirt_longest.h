/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PAYLOAD_UEFIRT_LONGEST_H
#define PAYLOAD_UEFIRT_LONGEST_H

struct efi_runtime_services;

/* Prints what the longest of all calls takes; the VM's boot services are over then. */
void measure_longest(const struct efi_runtime_services *table);

#endif
