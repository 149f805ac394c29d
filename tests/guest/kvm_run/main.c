/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "kvm_run.h"

#define MEMORY_MIB_MAX 4096UL

void die(const char *what)
{
	fprintf(stderr, "kvm-run: ");
	perror(what);
	exit(EXIT_FAILURE);
}

int call(int fd, unsigned long request, const void *argument, const char *name)
{
	int result = ioctl(fd, request, argument);

	if (result < 0) {
		die(name);
	}
	return result;
}

int main(int count, char **arguments)
{
	struct machine machine = {0};
	unsigned long mib;

	if (count != 4) {
		fprintf(stderr, "usage: kvm-run CPUS MEMORY_MIB PROGRAM\n");
		return EXIT_FAILURE;
	}
	machine.cpus = (unsigned)strtoul(arguments[1], NULL, 10);
	mib = strtoul(arguments[2], NULL, 10);
	if (machine.cpus == 0U || machine.cpus > CPUS_MAX || mib == 0U || mib > MEMORY_MIB_MAX) {
		fprintf(stderr, "kvm-run: 1 to %u CPUs, 1 to %lu MiB\n", CPUS_MAX, MEMORY_MIB_MAX);
		return EXIT_FAILURE;
	}
	machine.memory = mib << 20;
	machine_create(&machine);
	machine_run(&machine, machine_load(&machine, arguments[3]));
}
