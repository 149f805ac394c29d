/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kvm_run.h"

#define UART_DR	    0x00UL
#define UART_FR	    0x18UL
#define UART_IMSC   0x38UL
#define UART_TX	    0x20U
#define UART_FR_TXE 0x80U

#define REG_PC (KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(regs.pc))

struct vcpu {
	const struct machine *machine;
	unsigned number;
	struct kvm_run *run;
};

static pthread_mutex_t uart_lock = PTHREAD_MUTEX_INITIALIZER;

/* Lines, since a system call for each byte would be the largest part of what it costs. */
static void uart_send(char c)
{
	static char line[256];
	static size_t used;

	line[used++] = c;
	if (c != '\n' && used != sizeof(line)) {
		return;
	}
	if (write(STDOUT_FILENO, line, used) < 0) {
		die("the console");
	}
	used = 0;
}

/* Sending is always possible: the line is what the mask lets through. */
static void uart_interrupt(const struct machine *machine, uint32_t mask)
{
	struct kvm_irq_level level = {
		.irq = (KVM_ARM_IRQ_TYPE_SPI << KVM_ARM_IRQ_TYPE_SHIFT) | UART_IRQ,
		.level = (mask & UART_TX) != 0U,
	};

	(void)call(machine->vm, KVM_IRQ_LINE, &level, "KVM_IRQ_LINE");
}

static void uart_access(const struct machine *machine, struct kvm_run *run)
{
	uint64_t offset = run->mmio.phys_addr - UART_BASE;
	uint32_t value = 0;

	if (run->mmio.phys_addr < UART_BASE || offset >= UART_SIZE) {
		fprintf(stderr, "kvm-run: nothing at 0x%llx\n", run->mmio.phys_addr);
		exit(EXIT_FAILURE);
	}
	if (!run->mmio.is_write) {
		value = offset == UART_FR ? UART_FR_TXE : 0U;
		memset(run->mmio.data, 0, sizeof(run->mmio.data));
		memcpy(run->mmio.data, &value, sizeof(value));
		return;
	}
	memcpy(&value, run->mmio.data, sizeof(value));
	(void)pthread_mutex_lock(&uart_lock);
	if (offset == UART_DR) {
		uart_send((char)value);
	} else if (offset == UART_IMSC) {
		uart_interrupt(machine, value);
	}
	(void)pthread_mutex_unlock(&uart_lock);
}

static void handle_exit(const struct vcpu *vcpu)
{
	switch (vcpu->run->exit_reason) {
	case KVM_EXIT_MMIO:
		uart_access(vcpu->machine, vcpu->run);
		break;
	case KVM_EXIT_SYSTEM_EVENT:
		exit(EXIT_SUCCESS);
	default:
		fprintf(stderr, "kvm-run: vCPU %u: exit %u\n", vcpu->number,
			vcpu->run->exit_reason);
		exit(EXIT_FAILURE);
	}
}

static void stay_on_a_cpu(unsigned number)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(number % (unsigned)sysconf(_SC_NPROCESSORS_ONLN), &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0) {
		die("sched_setaffinity");
	}
}

static void *run_vcpu(void *argument)
{
	const struct vcpu *vcpu = argument;
	int fd = vcpu->machine->vcpus[vcpu->number];

	stay_on_a_cpu(vcpu->number);
	for (;;) {
		if (ioctl(fd, KVM_RUN, NULL) == 0) {
			handle_exit(vcpu);
		} else if (errno != EINTR && errno != EAGAIN) {
			die("KVM_RUN");
		}
	}
	return NULL;
}

void machine_run(const struct machine *machine, uint64_t entry)
{
	static struct vcpu vcpus[CPUS_MAX];
	struct kvm_one_reg pc = {.id = REG_PC, .addr = (uintptr_t)&entry};
	size_t size =
		(size_t)call(machine->kvm, KVM_GET_VCPU_MMAP_SIZE, NULL, "KVM_GET_VCPU_MMAP_SIZE");

	(void)call(machine->vcpus[0], KVM_SET_ONE_REG, &pc, "KVM_SET_ONE_REG of the PC");
	for (unsigned i = machine->cpus; i-- > 0U;) {
		pthread_t thread;

		vcpus[i] = (struct vcpu){machine, i,
			mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, machine->vcpus[i], 0)};
		if (vcpus[i].run == MAP_FAILED) {
			die("a vCPU's page");
		}
		if (i != 0U && pthread_create(&thread, NULL, run_vcpu, &vcpus[i]) != 0) {
			die("a thread");
		}
	}
	(void)run_vcpu(&vcpus[0]);
	exit(EXIT_FAILURE);
}
