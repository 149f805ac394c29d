/* SPDX-License-Identifier: Apache-2.0 */
/* Any word decodes to something in range, or is refused. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "a64/access.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
	if (!condition) {
		abort();
	}
}

static void check_parts(const struct a64_access *access)
{
	unsigned count = a64_part_count(access);

	require(count >= 1U && count <= 8U);
	for (unsigned i = 0; i < count; i++) {
		struct a64_part part = a64_part(access, i);

		require(part.size == 1U || part.size == 2U || part.size == 4U || part.size == 8U);
		require(part.reg < 32U && part.reg_byte + part.size <= 16U);
		require(access->vector || part.reg_byte == 0U);
		require(part.offset + part.size <= 64U);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct a64_access access;
	uint32_t word;

	if (size < sizeof(word)) {
		return 0;
	}
	memcpy(&word, data, sizeof(word));
	if (a64_decode(word, &access) != A64_ACCESS) {
		return 0;
	}
	require(access.base <= A64_BASE_PC);
	require(access.index < 32U || access.index == A64_INDEX_NONE);
	require(access.vector || access.element <= access.width);
	require(!access.vector || !access.sign_extend);
	require(!access.replicate || !access.write);
	check_parts(&access);
	(void)a64_extend(&access, ~UINT64_C(0));
	(void)a64_writeback(&access, word, word);
	return 0;
}
