/* SPDX-License-Identifier: Apache-2.0 */
/* What the loader before us left in /chosen. */
#include <libfdt.h>

#include "base/bits.h"
#include "fdt_nodes.h"

/* The string property's text, at most *length bytes without its NUL; NULL where there is none. */
static const char *read_text(const void *fdt, int node, const char *name, int *length)
{
	const char *text = fdt_getprop(fdt, node, name, length);

	if (text == NULL || *length <= 0 || text[*length - 1] != '\0') {
		return NULL;
	}
	*length = (int)strnlen(text, (size_t)*length);
	return text;
}

/* libfdt follows an alias by itself, but without end where aliases name each other. */
static int node_by_alias(const void *fdt, const char *alias, int length)
{
	int aliases = fdt_path_offset(fdt, "/aliases");
	const char *path;
	int size;

	if (aliases < 0) {
		return aliases;
	}
	path = fdt_getprop_namelen(fdt, aliases, alias, length, &size);
	if (path == NULL || size < 2 || path[0] != '/' || path[size - 1] != '\0') {
		return -FDT_ERR_BADPATH;
	}
	return fdt_path_offset_namelen(fdt, path, size - 1);
}

int fdt_stdout_node(const void *fdt, int chosen)
{
	int length;
	const char *path;
	const char *options;

	if (chosen < 0) {
		return chosen;
	}
	path = read_text(fdt, chosen, "stdout-path", &length);
	if (path == NULL) {
		path = read_text(fdt, chosen, "linux,stdout-path", &length);
	}
	if (path == NULL || length == 0) {
		return -FDT_ERR_NOTFOUND;
	}
	options = memchr(path, ':', (size_t)length);
	if (options != NULL) {
		length = (int)(options - path);
	}
	return path[0] == '/' ? fdt_path_offset_namelen(fdt, path, length)
			      : node_by_alias(fdt, path, length);
}

/* Folds bytes into the seed: more than it holds is mixed, not dropped. */
static void add_seed(const void *fdt, int node, const char *name, struct machine *machine)
{
	int size;
	const uint8_t *bytes = fdt_getprop(fdt, node, name, &size);
	uint32_t first = machine->seed_size;

	for (int i = 0; bytes != NULL && i < size; i++) {
		machine->seed[(first + (uint32_t)i) % BOOT_SEED_SIZE] ^= bytes[i];
		if (machine->seed_size < BOOT_SEED_SIZE) {
			machine->seed_size++;
		}
	}
}

void fdt_read_chosen(const void *fdt, int chosen, struct machine *machine)
{
	uint64_t start, end;
	const char *text;
	int length;

	if (fdt_prop_u64(fdt, chosen, "linux,initrd-start", &start) &&
		fdt_prop_u64(fdt, chosen, "linux,initrd-end", &end) && end > start) {
		machine->initrd = (struct boot_range){start, end - start};
	}
	text = read_text(fdt, chosen, "bootargs", &length);
	if (text != NULL) {
		machine->cmdline_cut = (uint64_t)length >= BOOT_CMDLINE_SIZE;
		memcpy(machine->cmdline, text, min_u64((uint64_t)length, BOOT_CMDLINE_SIZE - 1U));
	}
	add_seed(fdt, chosen, "rng-seed", machine);
	add_seed(fdt, chosen, "kaslr-seed", machine);
}
