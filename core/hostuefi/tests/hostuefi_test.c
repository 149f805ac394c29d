/* SPDX-License-Identifier: Apache-2.0 */
/* A firmware of the test's own, whose services are called as a machine's would be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "abi/boot_info.h"
#include "abi/uefi_rt.h"
#include "arch/cpu.h"
#include "base/types.h"
#include "hostuefi/hostuefi.h"
#include "percpu/percpu.h"

enum plinth_status __wrap_hypmap_firmware(pa_t base, uint64_t size, uint64_t kind);

static struct percpu cpu;
static uint64_t table[3U + 14U]; /* a header of 24 bytes, and the services */
static struct boot_efi efi;
static uint64_t mapped[4][3];
static unsigned mapped_count;
static uint64_t answer;
static uint64_t seen[5];
static uint16_t seen_name[HOSTUEFI_NAME_SIZE];
static unsigned resets;

enum plinth_status __wrap_hypmap_firmware(pa_t base, uint64_t size, uint64_t kind)
{
	mapped[mapped_count][0] = base.v;
	mapped[mapped_count][1] = size;
	mapped[mapped_count++][2] = kind;
	return kind == 0U ? PLINTH_EINVAL : PLINTH_OK;
}

static void see(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	const uint64_t x[5] = {a, b, c, d, e};

	memcpy(seen, x, sizeof(seen));
	memcpy(seen_name, (const void *)(uintptr_t)a, sizeof(seen_name));
}

static uint64_t get_variable(
	uint64_t name, uint64_t guid, uint64_t attributes, uint64_t size, uint64_t data)
{
	uint64_t *room = (uint64_t *)(uintptr_t)size;

	see(name, guid, attributes, size, data);
	if (answer == UEFI_SUCCESS) {
		assert_int_equal(*room, 100);
		memcpy((void *)(uintptr_t)data, "data", 4);
		*room = 4;
	}
	return answer;
}

static uint64_t set_variable(
	uint64_t name, uint64_t guid, uint64_t attributes, uint64_t size, uint64_t data)
{
	see(name, guid, attributes, size, data);
	return answer;
}

static uint64_t reset_system(
	uint64_t type, uint64_t status, uint64_t size, uint64_t data, uint64_t unused)
{
	assert_int_equal(status | size | data | unused, 0);
	seen[0] = type;
	resets++;
	return 0;
}

static int setup(void **state)
{
	(void)state;
	arch_percpu_set(&cpu);
	memset(&efi, 0, sizeof(efi));
	mapped_count = 0;
	resets = 0;
	answer = UEFI_SUCCESS;
	table[3U + 6U] = (uint64_t)(uintptr_t)get_variable;
	table[3U + 8U] = (uint64_t)(uintptr_t)set_variable;
	table[3U + 10U] = (uint64_t)(uintptr_t)reset_system;
	efi.services = (uint64_t)(uintptr_t)table;
	efi.region_count = 2;
	efi.region[0] = (struct boot_efi_region){0x1000, 0x2000, BOOT_EFI_CODE};
	efi.region[1] = (struct boot_efi_region){0x8000, 0x1000, BOOT_EFI_DATA};
	assert_int_equal(hostuefi_init(&efi), PLINTH_OK);
	return 0;
}

static void regions_are_mapped(void **state)
{
	(void)state;
	assert_int_equal(mapped_count, 2);
	assert_int_equal(mapped[0][0], 0x1000);
	assert_int_equal(mapped[1][2], BOOT_EFI_DATA);
	assert_true(hostuefi_is_there());
	efi.region[1].kind = 0;
	assert_int_equal(hostuefi_init(&efi), PLINTH_EINVAL);
	assert_false(hostuefi_is_there());
}

static void without_services(void **state)
{
	uint32_t size = 7;
	char data[4];

	(void)state;
	memset(&efi, 0, sizeof(efi));
	assert_int_equal(hostuefi_init(&efi), PLINTH_OK);
	assert_false(hostuefi_is_there());
	assert_int_equal(hostuefi_get("a", data, 4, &size), PLINTH_ENOTSUP);
	assert_int_equal(hostuefi_set("a", data, 4), PLINTH_ENOTSUP);
	hostuefi_reset(HOSTUEFI_OFF);
	assert_int_equal(resets, 0);
}

static void variables(void **state)
{
	char data[100];
	uint32_t size = 0;

	(void)state;
	assert_int_equal(hostuefi_get("vm#0-1", data, sizeof(data), &size), PLINTH_OK);
	assert_int_equal(size, 4);
	assert_memory_equal(data, "data", 4);
	assert_int_equal(seen_name[0], 'v');
	assert_int_equal(seen_name[5], '1');
	assert_int_equal(seen_name[6], 0);
	assert_int_equal(hostuefi_set("b", "xyz", 3), PLINTH_OK);
	assert_int_equal(seen_name[0], 'b');
	assert_int_equal(seen_name[1], 0);
	assert_int_equal(seen[2], 7);
	assert_int_equal(seen[3], 3);
	answer = UEFI_NOT_FOUND;
	size = 7;
	assert_int_equal(hostuefi_get("b", data, sizeof(data), &size), PLINTH_ENOENT);
	assert_int_equal(size, 7);
	answer = UEFI_BUFFER_TOO_SMALL;
	assert_int_equal(hostuefi_get("b", data, sizeof(data), &size), PLINTH_ENOMEM);
	answer = UEFI_OUT_OF_RESOURCES;
	assert_int_equal(hostuefi_set("b", "xyz", 3), PLINTH_ENOMEM);
	answer = UEFI_WRITE_PROTECTED;
	assert_int_equal(hostuefi_set("b", "xyz", 3), PLINTH_EPERM);
}

static void power(void **state)
{
	(void)state;
	hostuefi_reset(HOSTUEFI_OFF);
	assert_int_equal(seen[0], UEFI_RESET_SHUTDOWN);
	hostuefi_reset(HOSTUEFI_RESET);
	assert_int_equal(seen[0], UEFI_RESET_COLD);
	assert_int_equal(resets, 2);
}

/* A null function stands for one that takes an exception (arch/fake). */
static void a_service_that_faults_is_the_last(void **state)
{
	char data[4];
	uint32_t size = 7;

	(void)state;
	table[3U + 8U] = 0;
	assert_int_equal(hostuefi_set("a", "xyz", 3), PLINTH_ENOTSUP);
	assert_false(hostuefi_is_there());
	assert_int_equal(hostuefi_get("a", data, sizeof(data), &size), PLINTH_ENOTSUP);
	assert_int_equal(size, 7);
	hostuefi_reset(HOSTUEFI_OFF);
	assert_int_equal(resets, 0);
	assert_int_equal(hostuefi_init(&efi), PLINTH_OK);
	answer = UEFI_DEVICE_ERROR; /* which a service may say itself */
	assert_int_equal(hostuefi_get("a", data, sizeof(data), &size), PLINTH_EPERM);
	assert_true(hostuefi_is_there());
	table[3U + 10U] = 0;
	hostuefi_reset(HOSTUEFI_RESET); /* comes back: PSCI is next */
	assert_false(hostuefi_is_there());
	assert_true(cpu.firmware_frame == 0U);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(regions_are_mapped, setup),
		cmocka_unit_test_setup(without_services, setup),
		cmocka_unit_test_setup(variables, setup),
		cmocka_unit_test_setup(power, setup),
		cmocka_unit_test_setup(a_service_that_faults_is_the_last, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
