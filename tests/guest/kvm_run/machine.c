/* SPDX-License-Identifier: Apache-2.0 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kvm_run.h"

#define HUGE_PAGE   0x200000UL
#define GIC_IRQS    64U
#define PSCI_IN_KVM (1U << KVM_ARM_VCPU_PSCI_0_2)
#define WAITS	    (1U << KVM_ARM_VCPU_POWER_OFF)

/* Aligned and with large pages, as those who care for speed have it. */
static void create_memory(struct machine *machine)
{
	size_t size = machine->memory + HUGE_PAGE;
	uint8_t *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct kvm_userspace_memory_region region = {.guest_phys_addr = RAM_BASE};

	if (at == MAP_FAILED) {
		die("memory");
	}
	machine->ram = at + (HUGE_PAGE - (uintptr_t)at % HUGE_PAGE) % HUGE_PAGE;
	(void)madvise(machine->ram, machine->memory, MADV_HUGEPAGE);
	region.memory_size = machine->memory;
	region.userspace_addr = (uintptr_t)machine->ram;
	(void)call(machine->vm, KVM_SET_USER_MEMORY_REGION, &region, "KVM_SET_USER_MEMORY_REGION");
}

static void create_vcpu(struct machine *machine, unsigned cpu)
{
	struct kvm_vcpu_init init;
	int fd =
		call(machine->vm, KVM_CREATE_VCPU, (const void *)(uintptr_t)cpu, "KVM_CREATE_VCPU");

	(void)call(machine->vm, KVM_ARM_PREFERRED_TARGET, &init, "KVM_ARM_PREFERRED_TARGET");
	init.features[0] |= PSCI_IN_KVM | (cpu != 0U ? WAITS : 0U);
	(void)call(fd, KVM_ARM_VCPU_INIT, &init, "KVM_ARM_VCPU_INIT");
	machine->vcpus[cpu] = fd;
}

static void set_gic(int gic, uint32_t group, uint64_t attribute, const void *value)
{
	struct kvm_device_attr attr = {.group = group, .attr = attribute, .addr = (uintptr_t)value};

	(void)call(gic, KVM_SET_DEVICE_ATTR, &attr, "KVM_SET_DEVICE_ATTR of the GIC");
}

static void create_gic(struct machine *machine)
{
	struct kvm_create_device device = {.type = KVM_DEV_TYPE_ARM_VGIC_V3};
	uint64_t distributor = GICD_BASE;
	uint64_t redistributors = GICR_BASE;
	uint32_t irqs = GIC_IRQS;

	(void)call(machine->vm, KVM_CREATE_DEVICE, &device, "KVM_CREATE_DEVICE of a GICv3");
	set_gic((int)device.fd, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST,
		&distributor);
	set_gic((int)device.fd, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_REDIST,
		&redistributors);
	set_gic((int)device.fd, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &irqs);
	set_gic((int)device.fd, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL);
}

void machine_create(struct machine *machine)
{
	machine->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (machine->kvm < 0) {
		die("/dev/kvm");
	}
	machine->vm = call(machine->kvm, KVM_CREATE_VM, NULL, "KVM_CREATE_VM");
	create_memory(machine);
	for (unsigned cpu = 0; cpu < machine->cpus; cpu++) {
		create_vcpu(machine, cpu);
	}
	create_gic(machine);
}

static void load_segment(
	const struct machine *machine, const uint8_t *file, size_t size, const Elf64_Phdr *segment)
{
	uint64_t offset = segment->p_paddr - RAM_BASE;

	if (segment->p_paddr < RAM_BASE || offset > machine->memory ||
		segment->p_memsz > machine->memory - offset || segment->p_offset > size ||
		segment->p_filesz > size - segment->p_offset ||
		segment->p_filesz > segment->p_memsz) {
		errno = ENOEXEC;
		die("a segment of the program");
	}
	memcpy(machine->ram + offset, file + segment->p_offset, segment->p_filesz);
}

uint64_t machine_load(const struct machine *machine, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	const uint8_t *file;
	Elf64_Ehdr header;

	if (fd < 0 || fstat(fd, &status) != 0) {
		die(path);
	}
	file = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (file == MAP_FAILED) {
		die(path);
	}
	errno = ENOEXEC;
	if ((size_t)status.st_size < sizeof(header)) {
		die(path);
	}
	memcpy(&header, file, sizeof(header));
	if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_machine != EM_AARCH64 ||
		header.e_phoff > (size_t)status.st_size ||
		header.e_phnum * sizeof(Elf64_Phdr) > (size_t)status.st_size - header.e_phoff) {
		die(path);
	}
	for (unsigned i = 0; i < header.e_phnum; i++) {
		Elf64_Phdr segment;

		memcpy(&segment, file + header.e_phoff + i * sizeof(segment), sizeof(segment));
		if (segment.p_type == PT_LOAD) {
			load_segment(machine, file, (size_t)status.st_size, &segment);
		}
	}
	return header.e_entry;
}
