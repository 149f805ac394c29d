/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What UEFI's runtime services cost, in instructions, from the upcall to the instruction behind it:
 * GetTime, and GetVariable of one of ten variables of 16 bytes with a name of 8 characters.
 */
#include "abi/uefi_rt.h"
#include "base/string.h"
#include "libguest/libguest.h"

#define ROUNDS	  2048U
#define VARIABLES 10U

static uint16_t name[] = {'B', 'o', 'o', 't', '0', '0', '0', '0', 0};
static const struct uefi_guid guid = UEFI_GLOBAL_VARIABLE_GUID;
static uint8_t data[16];
static uint64_t size;
static uint32_t attributes;
static struct uefi_time now;

#define CALL(operand, a, b, c, d, e)                                                               \
	({                                                                                         \
		register uint64_t x0_ __asm__("x0") = (uint64_t)(a);                               \
		register uint64_t x1_ __asm__("x1") = (uint64_t)(b);                               \
		register uint64_t x2_ __asm__("x2") = (uint64_t)(c);                               \
		register uint64_t x3_ __asm__("x3") = (uint64_t)(d);                               \
		register uint64_t x4_ __asm__("x4") = (uint64_t)(e);                               \
		__asm__ volatile("hvc %5"                                                          \
				 : "+r"(x0_)                                                       \
				 : "r"(x1_), "r"(x2_), "r"(x3_), "r"(x4_), "i"(operand)            \
				 : "memory");                                                      \
		x0_;                                                                               \
	})

static bool get_time(void)
{
	return CALL(UEFI_RT_GET_TIME, &now, 0, 0, 0, 0) == UEFI_SUCCESS;
}

static bool get_variable(void)
{
	size = sizeof(data);
	return CALL(UEFI_RT_GET_VARIABLE, name, &guid, &attributes, &size, data) == UEFI_SUCCESS;
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
	for (unsigned i = 0; i < VARIABLES; i++) {
		name[7] = (uint16_t)('0' + i);
		check(CALL(UEFI_RT_SET_VARIABLE, name, &guid,
			      UEFI_VAR_NON_VOLATILE | UEFI_VAR_BOOT | UEFI_VAR_RUNTIME,
			      sizeof(data), data) == UEFI_SUCCESS,
			"a variable");
	}
	name[7] = '5';
	measure("rt_gettime", get_time);
	measure("rt_getvariable", get_variable);
}
