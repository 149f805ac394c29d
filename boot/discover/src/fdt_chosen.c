/* SPDX-License-Identifier: Apache-2.0 */
/* What the loader before us left in /chosen. */
#include <libfdt.h>

#include "base/bits.h"
#include "fdt_nodes.h"

/* The string property's text, at most *length bytes without its NUL; NULL where there is none. */
static const char *read_text(const void *fdt, int node, const char *name, size_t *length)
{
	const struct fdt_value value = fdt_prop(fdt, node, name);
	const char *text = (const char *)value.bytes;

	if (text == NULL || value.size <= 0 || text[value.size - 1] != '\0') {
		return NULL;
	}
	*length = strnlen(text, (size_t)value.size);
	return text;
}

/* libfdt follows an alias by itself, but without end where aliases name each other. */
static const char *path_by_alias(const void *fdt, int aliases, const char *alias, size_t *length)
{
	int size;
	const char *path = fdt_getprop_namelen(fdt, aliases, alias, (int)*length, &size);

	if (path == NULL || size < 2 || path[0] != '/' || path[size - 1] != '\0') {
		return NULL;
	}
	*length = (size_t)size - 1U;
	return path;
}

const char *fdt_stdout_path(const void *fdt, const struct fdt_found *found, size_t *length)
{
	const char *path = read_text(fdt, found->chosen, "stdout-path", length);
	const char *options;

	if (path == NULL) {
		path = read_text(fdt, found->chosen, "linux,stdout-path", length);
	}
	if (path == NULL || *length == 0U) {
		return NULL;
	}
	options = memchr(path, ':', *length);
	if (options != NULL) {
		*length = (size_t)(options - path);
	}
	return path[0] == '/' ? path : path_by_alias(fdt, found->aliases, path, length);
}

bool fdt_is_top(const void *fdt, const struct fdt_found *found, const char *path, size_t length)
{
	int size = 0;
	const char *name = found->uart_depth == 1 ? fdt_get_name(fdt, found->uart, &size) : NULL;

	return name != NULL && (size_t)size + 1U == length &&
	       memcmp(path + 1, name, (size_t)size) == 0;
}

/* Folds bytes into the seed: more than it holds is mixed, not dropped. */
static struct machine_bytes add_seed(
	const void *fdt, int node, const char *name, struct machine *machine)
{
	const struct fdt_value value = fdt_prop(fdt, node, name);
	uint32_t first = machine->seed_size;

	if (value.bytes == NULL) {
		return (struct machine_bytes){0, 0};
	}
	for (int i = 0; i < value.size; i++) {
		machine->seed[(first + (uint32_t)i) % BOOT_SEED_SIZE] ^= value.bytes[i];
		if (machine->seed_size < BOOT_SEED_SIZE) {
			machine->seed_size++;
		}
	}
	return (struct machine_bytes){
		(uint32_t)(value.bytes - (const uint8_t *)fdt), (uint32_t)value.size};
}

void fdt_read_chosen(const void *fdt, int chosen, struct machine *machine)
{
	uint64_t start, end;
	const char *text;
	size_t length;

	if (fdt_prop_u64(fdt, chosen, "linux,initrd-start", &start) &&
		fdt_prop_u64(fdt, chosen, "linux,initrd-end", &end) && end > start) {
		machine->initrd = (struct boot_range){start, end - start};
	}
	text = read_text(fdt, chosen, "bootargs", &length);
	if (text != NULL) {
		machine->cmdline_cut = length >= BOOT_CMDLINE_SIZE;
		memcpy(machine->cmdline, text, min_u64(length, BOOT_CMDLINE_SIZE - 1U));
	}
	machine->fdt_seed[0] = add_seed(fdt, chosen, "rng-seed", machine);
	machine->fdt_seed[1] = add_seed(fdt, chosen, "kaslr-seed", machine);
}
