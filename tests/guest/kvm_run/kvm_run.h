/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kvm-run CPUS MEMORY_MIB PROGRAM: a small user space of KVM for the bare programs of libguest, so
 * that what ./plinth bench compares with is KVM and not a large emulator: GICv3 and timers are the
 * kernel's, a UART that sends is ours. Linux' Documentation/virt/kvm/api.rst has the calls.
 */
#ifndef KVM_RUN_KVM_RUN_H
#define KVM_RUN_KVM_RUN_H

#include <stddef.h>
#include <stdint.h>

#define CPUS_MAX 8U

#define RAM_BASE  0x40000000UL
#define GICD_BASE 0x08000000UL
#define GICR_BASE 0x080A0000UL
#define UART_BASE 0x09000000UL
#define UART_SIZE 0x1000UL
#define UART_IRQ  33U

struct machine {
	unsigned cpus;
	size_t memory; /* bytes */
	int kvm;
	int vm;
	uint8_t *ram;
	int vcpus[CPUS_MAX];
};

/* All end the program with a message where something fails. */

/* ioctl() of a call whose name is for the message. */
int call(int fd, unsigned long request, const void *argument, const char *name);
void die(const char *what) __attribute__((noreturn));

/* The VM: memory, vCPUs (all but the first wait for PSCI), interrupt controller. */
void machine_create(struct machine *machine);

/* Copies the program's segments into RAM; returns its entry. */
uint64_t machine_load(const struct machine *machine, const char *path);

/* Runs all vCPUs, the first from `entry`, each on a CPU of its own if there are as many; ends the
 * program when the guest powers off. */
void machine_run(const struct machine *machine, uint64_t entry) __attribute__((noreturn));

#endif
