/* SPDX-License-Identifier: Apache-2.0 */
#include "aml.h"

#include <string.h>

#include "base/check.h"

/* 20.3: op codes. */
#define OP_ONE	      0x01U /* and ZeroOp below it */
#define OP_NAME	      0x08U
#define OP_BYTE	      0x0aU
#define OP_DWORD      0x0cU
#define OP_STRING     0x0dU
#define OP_SCOPE      0x10U
#define OP_BUFFER     0x11U
#define OP_EXTENDED   0x5bU
#define OP_EXT_DEVICE 0x82U

#define NAME_SIZE 4U

/* 20.2.4: a length of 20 bits in three bytes, which count themselves. */
#define LENGTH_SIZE	  3U
#define LENGTH_MAX	  0xfffffU
#define LENGTH_TWO_FOLLOW 0x80U

/* 6.4: resource descriptors. */
#define MEMORY32_FIXED	   0x86U
#define MEMORY32_SIZE	   9U
#define MEMORY_WRITABLE	   1U
#define INTERRUPT	   0x89U
#define INTERRUPT_SIZE	   6U
#define INTERRUPT_CONSUMER 1U /* and level-triggered, active high, exclusive: zeroes */
#define END_TAG		   0x79U
#define HEAD_SIZE	   3U /* of a large descriptor */
#define END_SIZE	   2U

static void put(struct aml *aml, const void *bytes, size_t size)
{
	PLINTH_CHECK(size <= aml->size - aml->used);
	memcpy(aml->bytes + aml->used, bytes, size);
	aml->used += size;
}

static void put_byte(struct aml *aml, uint8_t byte)
{
	put(aml, &byte, 1);
}

static void put_le(struct aml *aml, uint32_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++) {
		put_byte(aml, (uint8_t)(value >> (8 * i)));
	}
}

static struct aml_package begin(struct aml *aml)
{
	struct aml_package package = {aml->used};

	put_le(aml, 0, LENGTH_SIZE);
	return package;
}

void aml_end(struct aml *aml, struct aml_package package)
{
	size_t length = aml->used - package.length_at;
	uint8_t *at = aml->bytes + package.length_at;

	PLINTH_CHECK(length <= LENGTH_MAX);
	at[0] = (uint8_t)(LENGTH_TWO_FOLLOW | (length & 0xfU));
	at[1] = (uint8_t)(length >> 4);
	at[2] = (uint8_t)(length >> 12);
}

struct aml_package aml_begin_system_bus(struct aml *aml)
{
	struct aml_package package;

	put_byte(aml, OP_SCOPE);
	package = begin(aml);
	put(aml, "\\_SB_", 1 + NAME_SIZE);
	return package;
}

struct aml_package aml_begin_device(struct aml *aml, const char *name)
{
	struct aml_package package;

	put_byte(aml, OP_EXTENDED);
	put_byte(aml, OP_EXT_DEVICE);
	package = begin(aml);
	put(aml, name, NAME_SIZE);
	return package;
}

static void begin_name(struct aml *aml, const char *name)
{
	put_byte(aml, OP_NAME);
	put(aml, name, NAME_SIZE);
}

void aml_name_string(struct aml *aml, const char *name, const char *value)
{
	begin_name(aml, name);
	put_byte(aml, OP_STRING);
	put(aml, value, strlen(value) + 1);
}

/* As short as it can be said: what a compiler would make of it. */
static void put_integer(struct aml *aml, uint32_t value)
{
	if (value <= OP_ONE) {
		put_le(aml, value, 1); /* ZeroOp, OneOp */
	} else if (value <= UINT8_MAX) {
		put_byte(aml, OP_BYTE);
		put_le(aml, value, 1);
	} else {
		put_byte(aml, OP_DWORD);
		put_le(aml, value, 4);
	}
}

void aml_name_integer(struct aml *aml, const char *name, uint32_t value)
{
	begin_name(aml, name);
	put_integer(aml, value);
}

void aml_name_resources(struct aml *aml, uint32_t base, uint32_t size, uint32_t intid)
{
	struct aml_package buffer;

	begin_name(aml, "_CRS");
	put_byte(aml, OP_BUFFER);
	buffer = begin(aml);
	put_integer(aml, HEAD_SIZE + MEMORY32_SIZE + HEAD_SIZE + INTERRUPT_SIZE + END_SIZE);
	put_byte(aml, MEMORY32_FIXED);
	put_le(aml, MEMORY32_SIZE, 2);
	put_byte(aml, MEMORY_WRITABLE);
	put_le(aml, base, 4);
	put_le(aml, size, 4);
	put_byte(aml, INTERRUPT);
	put_le(aml, INTERRUPT_SIZE, 2);
	put_byte(aml, INTERRUPT_CONSUMER);
	put_byte(aml, 1); /* one interrupt */
	put_le(aml, intid, 4);
	put_byte(aml, END_TAG);
	put_byte(aml, 0); /* a checksum of 0: none */
	aml_end(aml, buffer);
}
