/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UEFI variables in a buffer: records in order of GUID and name, one behind the other, those that
 * are non-volatile apart from the others. What is to outlive the buffer is an image, a copy of the
 * non-volatile ones, which goes to a medium of two slots in checked pieces (nvstore_slots.h). No
 * locks, no allocation: all of a store belongs to its user.
 *
 * Whatever the records are, what a function here takes is some thousand instructions, mostly for
 * moving what stands behind one: nvstore_import() alone takes more.
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

/* What a record of these sizes takes of the store; at least NVSTORE_LEAST. */
uint32_t nvstore_record_size(uint32_t name_size, uint32_t data_size);

#define NVSTORE_LEAST 32U

/* The records of one kind, in order. `place` is where each begins, in units of NVSTORE_ALIGN: a
 * record is found in as many steps as their number has bits. */
struct nvstore_kind {
	uint8_t *bytes;
	uint16_t *place; /* of `count`; room for limit / NVSTORE_LEAST */
	uint32_t count;
	uint32_t used;	/* bytes */
	uint32_t limit; /* that they may take */
};

struct nvstore {
	struct nvstore_kind kept; /* non-volatile */
	struct nvstore_kind lost; /* all others */
};

/* 64-bit words that a store of these limits (multiples of NVSTORE_LEAST, 256 KiB at most together)
 * needs, its records' places included. */
#define NVSTORE_WORDS(limit_kept, limit_lost)                                                      \
	((((limit_kept) + (limit_lost)) + ((limit_kept) + (limit_lost)) / NVSTORE_LEAST * 2U) / 8U)

/* An empty store in a buffer of NVSTORE_WORDS. */
void nvstore_init(struct nvstore *store, uint64_t *buf, uint32_t limit_kept, uint32_t limit_lost);

/* The record's name, of name_size bytes, UTF-16 with its NUL, and its data; both in the record. */
const uint8_t *nvstore_name(const struct nvstore_record *record);
const uint8_t *nvstore_data(const struct nvstore_record *record);

/* Records stay where they are until the store is next changed. NULL: there is none. */
const struct nvstore_record *nvstore_find(
	const struct nvstore *store, const struct nvstore_key *key);

/* The record at `index`, non-volatile ones first, each kind in order. */
const struct nvstore_record *nvstore_at(const struct nvstore *store, uint32_t index);

/* In order of all: the first that has all of the attributes, or the first such behind `key`, which
 * need not be there. */
const struct nvstore_record *nvstore_first(const struct nvstore *store, uint32_t attributes);
const struct nvstore_record *nvstore_behind(
	const struct nvstore *store, const struct nvstore_key *key, uint32_t attributes);

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

/* An image (aligned as a store) that is being looked at; zeroes at first. */
struct nvstore_check {
	uint16_t *place; /* of its records: room for its size / NVSTORE_LEAST; or NULL */
	uint32_t count;
	uint32_t last; /* where the last of them begins */
	uint32_t done; /* bytes that are records, and in order */
};

/* Looks at the records that are wholly in the first `have` of the image's `size` bytes, from where
 * it was left on. EINVAL: it is no image, as nvstore_export() makes them. With `have` = `size` OK
 * says that it is one. */
enum plinth_status nvstore_check(
	struct nvstore_check *check, const void *image, uint32_t have, uint32_t size);

/* Replaces all records by those of an image that was looked at to its end, with places. ENOMEM: it
 * is larger than limit_kept: nothing has changed. */
enum plinth_status nvstore_take(
	struct nvstore *store, const void *image, const struct nvstore_check *check);

/* Both at once, in as many steps as it has records. */
enum plinth_status nvstore_import(struct nvstore *store, const void *image, uint32_t size);

#endif
