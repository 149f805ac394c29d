/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What UEFI's runtime services cost, in instructions, by the firmware's own stubs, with the call of
 * one: GetTime, and GetVariable of one of ten variables of 16 bytes with a name of 8 characters.
 */
#include "abi/uefi_rt.h"
#include "base/string.h"
#include "libguest/libguest.h"
#include "runtime/runtime.h"
#include "uefi/guids.h"
#include "uefirt_longest.h"

#define ROUNDS	  2048U
#define VARIABLES 10U

static efi_char_t name[] = {'B', 'o', 'o', 't', '0', '0', '0', '0', 0};
static const struct efi_guid guid = EFI_GLOBAL_VARIABLE_GUID;
static struct efi_runtime_services services;
static uint8_t data[16];
static uint64_t size;
static uint32_t attributes;
static struct efi_time now;

static bool get_time(void)
{
	return services.get_time(&now, NULL) == UEFI_SUCCESS;
}

static bool get_variable(void)
{
	size = sizeof(data);
	return services.get_variable(name, &guid, &attributes, &size, data) == UEFI_SUCCESS;
}

static bool nothing(void)
{
	size = sizeof(data);
	return true;
}

static uint64_t ticks_of(bool (*call)(void))
{
	uint64_t start = counter();
	bool ok = true;

	for (unsigned i = 0; i < ROUNDS; i++) {
		ok = call() && ok;
	}
	check(ok, "all calls succeed");
	return counter() - start;
}

static void measure(const char *what, bool (*call)(void))
{
	uint64_t ticks;

	(void)call(); /* pages are there now */
	ticks = ticks_of(call) - ticks_of(nothing);
	print("BENCH: %s %lu\n", what,
		ticks * (1000000000UL / READ_SYSREG("cntfrq_el0")) * 100UL / ROUNDS);
}

void guest_main(void)
{
	memcpy(&services.header + 1, fw_runtime_stub, FW_RUNTIME_SERVICES * sizeof(void *));
	for (unsigned i = 0; i < VARIABLES; i++) {
		name[7] = (uint16_t)('0' + i);
		check(services.set_variable(name, &guid,
			      UEFI_VAR_NON_VOLATILE | UEFI_VAR_BOOT | UEFI_VAR_RUNTIME,
			      sizeof(data), data) == UEFI_SUCCESS,
			"a variable");
	}
	name[7] = '5';
	measure("rt_gettime", get_time);
	measure("rt_getvariable", get_variable);
	for (unsigned i = 0; i < VARIABLES; i++) {
		name[7] = (uint16_t)('0' + i);
		check(services.set_variable(name, &guid, 0, 0, NULL) == UEFI_SUCCESS, "it goes");
	}
	measure_longest(&services);
}
