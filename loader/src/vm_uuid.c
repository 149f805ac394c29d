/* SPDX-License-Identifier: Apache-2.0 */
#include "vm_uuid.h"

#include "base/string.h"

/* FNV-1a with 64 bits; two of them from different starts give 128. */
#define FNV_PRIME  UINT64_C(0x100000001b3)
#define FNV_START  UINT64_C(0xcbf29ce484222325)
#define FNV_SECOND UINT64_C(0x9ae16a3b2f90404f)

static uint64_t mix(uint64_t hash, const void *bytes, size_t size)
{
	const uint8_t *b = bytes;

	for (size_t i = 0; i < size; i++) {
		hash = (hash ^ b[i]) * FNV_PRIME;
	}
	return hash;
}

static uint64_t mix_u64(uint64_t hash, uint64_t value)
{
	for (unsigned i = 0; i < 8; i++) {
		hash = (hash ^ (value >> (i * 8) & 0xff)) * FNV_PRIME;
	}
	return hash;
}

/* FNV's high bits mix well, its low ones less: fold them. */
static uint64_t finish(uint64_t hash)
{
	hash ^= hash >> 32;
	hash *= UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 29;
}

void vm_uuid_make(const char *name, const struct cpio_entry *dtb, uint64_t kernel_size,
	uint64_t initrd_size, uint8_t uuid[16])
{
	static const uint64_t starts[2] = {FNV_START, FNV_SECOND};

	for (unsigned half = 0; half < 2; half++) {
		uint64_t hash = mix(starts[half], name, strlen(name) + 1);

		hash = mix(hash, dtb->data, dtb->size);
		hash = finish(mix_u64(mix_u64(hash, kernel_size), initrd_size));
		for (unsigned i = 0; i < 8; i++) {
			uuid[half * 8 + i] = (uint8_t)(hash >> (i * 8));
		}
	}
	uuid[6] = (uint8_t)(0x80U | (uuid[6] & 0x0fU));
	uuid[8] = (uint8_t)(0x80U | (uuid[8] & 0x3fU));
}
