/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UEFI variables in a buffer: records in order of GUID and name, one behind the other. What is to
 * outlive the buffer is an image, a copy of the non-volatile records, which goes to a medium of two
 * slots in checked pieces (nvstore_slots.h). No locks, no allocation: all of a store belongs to its
 * user.
 */
#ifndef NVSTORE_NVSTORE_H
#define NVSTORE_NVSTORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define NVSTORE_ALIGN	 8U    /* of the buffer, of an image, and of each record */
#define NVSTORE_NAME_MAX 512U  /* bytes, with the two zero bytes at the end */
#define NVSTORE_DATA_MAX 8192U /* bytes */

/* Attributes by UEFI's numbers (2.10, 8.2); no other bit is ever in a record. */
#define NVSTORE_NON_VOLATILE 0x1U
#define NVSTORE_BOOT	     0x2U
#define NVSTORE_RUNTIME	     0x4U

/* `name` points to name_size bytes, aligned to NVSTORE_ALIGN: 16-bit characters, the last of which
 * alone is 0. */
struct nvstore_key {
	uint64_t guid[2];
	const uint8_t *name;
	uint32_t name_size;
};

/* Followed by the name, at once by the data, then by zeroes up to a multiple of NVSTORE_ALIGN. */
struct nvstore_record {
	uint64_t guid[2];
	uint32_t data_size;  /* 1 to NVSTORE_DATA_MAX */
	uint16_t name_size;  /* 4 to NVSTORE_NAME_MAX, even */
	uint16_t attributes; /* BOOT, with NON_VOLATILE or RUNTIME or both */
};

/* What a record of these sizes takes of the store. */
uint32_t nvstore_record_size(uint32_t name_size, uint32_t data_size);

struct nvstore {
	uint8_t *bytes;
	uint32_t used;	     /* of all records */
	uint32_t used_kept;  /* of the non-volatile ones */
	uint32_t limit_kept; /* bytes that they may take */
	uint32_t limit_lost; /* and all others */
};

/* An empty store in a buffer of limit_kept + limit_lost bytes, aligned to NVSTORE_ALIGN. */
void nvstore_init(struct nvstore *store, void *buf, uint32_t limit_kept, uint32_t limit_lost);

const uint8_t *nvstore_name(const struct nvstore_record *record);
const uint8_t *nvstore_data(const struct nvstore_record *record);

/* Records stay where they are until the store is next changed. NULL: there is none. */
const struct nvstore_record *nvstore_find(
	const struct nvstore *store, const struct nvstore_key *key);

/* The first record, and the one behind another. */
const struct nvstore_record *nvstore_first(const struct nvstore *store);
const struct nvstore_record *nvstore_next(
	const struct nvstore *store, const struct nvstore_record *record);

/* The first record behind `key`, which need not be there. */
const struct nvstore_record *nvstore_behind(
	const struct nvstore *store, const struct nvstore_key *key);

/* Makes the variable hold `size` bytes of data (1 to NVSTORE_DATA_MAX), at the end of what it has
 * if `append`. The key is a good one, the attributes are what a record may have; of a variable that
 * is there they do not change. ENOMEM: its kind of variables may not take so many bytes, or it
 * would be longer than NVSTORE_DATA_MAX: nothing has changed. */
enum plinth_status nvstore_set(struct nvstore *store, const struct nvstore_key *key,
	uint32_t attributes, const void *data, uint32_t size, bool append);

/* `record` is the store's. */
void nvstore_delete(struct nvstore *store, const struct nvstore_record *record);

/* Deletes all that are not non-volatile. */
void nvstore_forget(struct nvstore *store);

/* Bytes that a variable's data may have now, if its name took none; 0 where nothing fits. */
uint32_t nvstore_room(const struct nvstore *store, bool kept);

/* Copies the non-volatile records to `image`, which has room for limit_kept bytes; their size. */
uint32_t nvstore_export(const struct nvstore *store, void *image);

/* Replaces all records by those of an image (aligned as a store). EINVAL: it is none, as
 * nvstore_export() makes them. ENOMEM: it is larger than limit_kept. Nothing has changed then. */
enum plinth_status nvstore_import(struct nvstore *store, const void *image, uint32_t size);

#endif
