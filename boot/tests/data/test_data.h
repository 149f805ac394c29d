/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a file of boot/tests/data for a unit test; TEST_DATA is the folder. */
#ifndef BOOT_TEST_DATA_H
#define BOOT_TEST_DATA_H

#include <stdio.h>
#include <stdlib.h>

/* The file's bytes, in an allocation of exactly that size: the caller frees it. */
static inline void *test_data_read(const char *name, size_t *size)
{
	char path[512];
	FILE *file;
	void *bytes = NULL;
	long length;

	(void)snprintf(path, sizeof(path), "%s/%s", TEST_DATA, name);
	file = fopen(path, "rb");
	if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (length = ftell(file)) <= 0) {
		abort();
	}
	rewind(file);
	*size = (size_t)length;
	bytes = malloc(*size);
	if (bytes == NULL || fread(bytes, 1, *size, file) != *size) {
		abort();
	}
	(void)fclose(file);
	return bytes;
}

#endif
