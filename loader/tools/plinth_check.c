/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plinth-check: loads a bundle as Plinth would at boot and tells what would start. Exit status:
 * 0 all VMs start, 1 something was reported, 2 the bundle or the arguments cannot be used.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "acpi_dump.h"
#include "discover/discover.h"
#include "loader/loader.h"

#define VM_MAX 256U

struct check {
	struct loader loader;
	const char *bundle_path;
	const char *dtb_vm; /* --dtb: write this VM's devicetree */
	const char *dtb_path;
	const char *acpi_vm; /* --acpi: write this VM's ACPI tables */
	const char *acpi_folder;
	struct machine machine; /* --machine */
	size_t line_count;
	struct vm_config configs[VM_MAX];
	size_t config_count;
};

static enum plinth_status alloc_block(void *ctx, uint64_t size, uint64_t align, pa_t *pa, void **va)
{
	(void)ctx;
	*va = aligned_alloc(align, (size + align - 1) / align * align);
	if (*va == NULL) {
		return PLINTH_ENOMEM;
	}
	*pa = pa_init((uintptr_t)*va);
	return PLINTH_OK;
}

static void free_block(void *ctx, uint64_t size, pa_t pa, void *va)
{
	(void)ctx;
	(void)size;
	(void)pa;
	free(va);
}

static pa_t pa_of(void *ctx, const void *ptr)
{
	(void)ctx;
	return pa_init((uintptr_t)ptr);
}

static bool is_spare(void *ctx, uint64_t base, uint64_t size)
{
	return machine_is_spare(&((const struct check *)ctx)->machine, base, size);
}

static void print_line(void *ctx, const char *text)
{
	struct check *check = ctx;

	check->line_count++;
	fprintf(stderr, "%s\n", text);
}

static void print_vm(const struct vm_config *c)
{
	printf("VM \"%s\": %u vCPUs, %llu MiB, entry 0x%llx, devicetree 0x%llx\n", c->name,
		c->vcpu_count, (unsigned long long)(c->ram_size >> 20),
		(unsigned long long)c->entry, (unsigned long long)c->arg);
	for (uint32_t i = 0; i < c->image_count; i++) {
		const struct vm_image *image = &c->images[i];
		static const char *const kinds[] = {"?", "copy", "random", "token"};

		printf("  0x%09llx %10llu bytes  %s\n", (unsigned long long)image->ipa,
			(unsigned long long)image->size, kinds[image->kind & 3]);
	}
}

/* The devicetree is the image at the VM's argument. */
static int write_dtb(const struct check *check, const struct vm_config *c)
{
	for (uint32_t i = 0; i < c->image_count; i++) {
		const struct vm_image *image = &c->images[i];
		FILE *file;

		if (image->ipa != c->arg) {
			continue;
		}
		file = fopen(check->dtb_path, "wb");
		if (file == NULL) {
			break;
		}
		fwrite((const void *)(uintptr_t)image->source, 1, image->size, file);
		return fclose(file) == 0 ? 0 : 2;
	}
	fprintf(stderr, "plinth-check: cannot write %s\n", check->dtb_path);
	return 2;
}

static const void *map_file(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat info;
	void *bytes;

	if (fd < 0 || fstat(fd, &info) != 0 || info.st_size == 0) {
		return NULL;
	}
	*size = (size_t)info.st_size;
	bytes = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	return bytes == MAP_FAILED ? NULL : bytes;
}

static int usage(void)
{
	fprintf(stderr, "usage: plinth-check [--gic 2|3] [--cpus N] [--memory MIB] "
			"[--machine DTB] [--dtb VM FILE] [--acpi VM FOLDER] BUNDLE\n");
	return 2;
}

/* The devicetree of the machine, for VMs that are to have devices of it. */
static bool read_machine(struct check *check, const char *path)
{
	struct loader_host *host = &check->loader.host;
	const char *why = "it cannot be read";
	size_t size;
	const void *fdt = map_file(path, &size);

	if (fdt == NULL || discover_fdt(fdt, size, &check->machine, &why) != PLINTH_OK) {
		fprintf(stderr, "plinth-check: %s: %s\n", path, why);
		return false;
	}
	host->fdt = fdt;
	host->fdt_size = size;
	host->uart_intid = check->machine.uart.intid;
	return true;
}

static bool parse_arguments(struct check *check, int argc, char **argv)
{
	struct loader_host *host = &check->loader.host;
	int i = 1;

	for (; i + 1 < argc; i += 2) {
		unsigned long number = strtoul(argv[i + 1], NULL, 0);

		if (strcmp(argv[i], "--gic") == 0 && (number == 2 || number == 3)) {
			host->gic_version = (uint32_t)number;
		} else if (strcmp(argv[i], "--cpus") == 0 && number >= 1 && number <= CPU_MAX) {
			host->cpu_count = (uint32_t)number;
		} else if (strcmp(argv[i], "--memory") == 0 && number >= 1) {
			host->free_memory = MIB(number);
		} else if (strcmp(argv[i], "--machine") == 0) {
			if (!read_machine(check, argv[i + 1])) {
				return false;
			}
		} else if (strcmp(argv[i], "--dtb") == 0 && i + 2 < argc) {
			check->dtb_vm = argv[i + 1];
			check->dtb_path = argv[i + 2];
			i++;
		} else if (strcmp(argv[i], "--acpi") == 0 && i + 2 < argc) {
			check->acpi_vm = argv[i + 1];
			check->acpi_folder = argv[i + 2];
			i++;
		} else {
			return false;
		}
	}
	check->bundle_path = i < argc ? argv[i] : NULL;
	return i + 1 == argc;
}

static int run(struct check *check)
{
	size_t size;
	const void *bundle = map_file(check->bundle_path, &size);
	enum plinth_status status;

	if (bundle == NULL) {
		fprintf(stderr, "plinth-check: cannot read %s\n", check->bundle_path);
		return 2;
	}
	status = loader_load(
		&check->loader, bundle, size, check->configs, VM_MAX, &check->config_count);
	for (size_t i = 0; i < check->config_count; i++) {
		const struct vm_config *c = &check->configs[i];

		print_vm(c);
		if (check->dtb_vm != NULL && strcmp(c->name, check->dtb_vm) == 0 &&
			write_dtb(check, c) != 0) {
			return 2;
		}
		if (check->acpi_vm != NULL && strcmp(c->name, check->acpi_vm) == 0 &&
			!acpi_dump(c, check->acpi_folder)) {
			return 2;
		}
	}
	if (status != PLINTH_OK) {
		return 2;
	}
	return check->line_count == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	static const struct loader_ops ops = {alloc_block, free_block, pa_of, is_spare, print_line};
	static struct check check;

	check.loader = (struct loader){
		.ops = &ops,
		.ctx = &check,
		.host =
			{
				.gic_version = 3,
				.cpu_count = CPU_MAX,
				.ipa_bits = 48,
				.has_entropy = true,
				.free_memory = GIB(1024),
			},
		.scratch = aligned_alloc(LOADER_SCRATCH_ALIGN, LOADER_SCRATCH_SIZE),
	};
	if (check.loader.scratch == NULL || !parse_arguments(&check, argc, argv)) {
		return usage();
	}
	return run(&check);
}
