/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of exits.c: what each measures and prints. */
#ifndef TESTS_PAYLOAD_EXITS_H
#define TESTS_PAYLOAD_EXITS_H

/* sgi_self, spi_injection, timer, ipi: interrupts of this vCPU and of a second one. */
void measure_interrupts(void);

/* stage2_fault, fetch_fault: the first store and the first fetch in 2 MiB of memory that the VM has
 * not used yet, each beside the second one. Of 128 MiB of RAM. */
void measure_memory(void);

#endif
