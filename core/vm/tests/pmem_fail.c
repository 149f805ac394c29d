/* SPDX-License-Identifier: Apache-2.0 */
#include "pmem_fail.h"

#include "pmem/pmem.h"

unsigned pmem_fail_at;

enum plinth_status __real_pmem_alloc(unsigned order, uint32_t flags, pa_t *out);
enum plinth_status __wrap_pmem_alloc(unsigned order, uint32_t flags, pa_t *out);
enum plinth_status __real_pmem_reserve(uint64_t pages);
enum plinth_status __wrap_pmem_reserve(uint64_t pages);

static bool is_to_fail(void)
{
	return pmem_fail_at != 0U && --pmem_fail_at == 0U;
}

enum plinth_status __wrap_pmem_alloc(unsigned order, uint32_t flags, pa_t *out)
{
	return is_to_fail() ? PLINTH_ENOMEM : __real_pmem_alloc(order, flags, out);
}

enum plinth_status __wrap_pmem_reserve(uint64_t pages)
{
	return is_to_fail() ? PLINTH_ENOMEM : __real_pmem_reserve(pages);
}
