/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runtime services of a firmware at EL2, answered at EL3 (tests/firmware/example_el3.S): stubs that
 * use SMC, and who answers translates by the level of the caller, whose pointers need not be
 * physical.
 */
#include "abi/uefi_rt.h"
#include "app.h"
#include "map.h"

#define CURRENTEL_EL2 8U
#define PAGE_MASK     UINT64_C(0xfff)
#define YEAR	      2031U

static struct efi_runtime_services *services;
static struct efi_time time ALIGNED(4096);

/* SMC #UEFI_RT_GET_TIME from EL1, whose MMU is off; back by HVC, for which EL2 has a vector of its
 * own meanwhile. */
uint64_t level_call_from_el1(void *pointer);

__asm__(".pushsection .text.level_call_from_el1, \"ax\", %progbits\n"
	".global level_call_from_el1\n"
	".hidden level_call_from_el1\n"
	".balign 2048\n" /* vectors: all that comes is the HVC, at 0x400 */
	"vectors:\n"
	".space 0x400\n"
	"	mrs	x9, hcr_el2\n"
	"	orr	x9, x9, #(1 << 27)\n"
	"	msr	hcr_el2, x9\n"
	"	msr	vbar_el1, x10\n" /* VHE: VBAR_EL2 */
	"	msr	spsr_el1, x11\n"
	"	msr	elr_el1, x12\n"
	"	isb\n"
	"	eret\n"
	".balign 2048\n"
	"level_call_from_el1:\n"
	"	mrs	x10, vbar_el1\n"
	"	adr	x9, vectors\n"
	"	msr	vbar_el1, x9\n"
	"	mov	x11, #0x3c9\n"
	"	mov	x12, x30\n"
	"	mrs	x9, hcr_el2\n"
	"	bic	x9, x9, #(1 << 27)\n"
	"	msr	hcr_el2, x9\n"
	"	ldr	x9, =0x30d00800\n"
	"	msr	s3_5_c1_c0_0, x9\n" /* SCTLR_EL12 */
	"	mov	x9, #0x3c5\n"
	"	msr	spsr_el1, x9\n"
	"	adr	x9, 1f\n"
	"	msr	elr_el1, x9\n"
	"	isb\n"
	"	eret\n"
	"1:	smc	#0x5201\n"
	"	hvc	#0\n"
	".popsection\n");

static uint64_t current_level(void)
{
	uint64_t level;

	__asm__ volatile("mrs %0, currentel" : "=r"(level));
	return level;
}

static void check_time(uint64_t status, uint8_t level)
{
	CHECK(status == EFI_SUCCESS);
	CHECK(time.year == YEAR && time.month == 2U && time.day == 3U && time.second == level);
	time = (struct efi_time){0};
}

efi_status_t app_main(void)
{
	uint64_t high;

	services = app_system->runtime_services;
	CHECK(current_level() == CURRENTEL_EL2);
	check_time(services->get_time(&time, NULL), 2);
	CHECK(services->get_time(NULL, NULL) == EFI_INVALID_PARAMETER);
	CHECK(services->get_wakeup_time(NULL, NULL, NULL) == EFI_UNSUPPORTED);
	map_own();
	high = map_high(3, (uintptr_t)&time & ~PAGE_MASK, 1);
	check_time(services->get_time((void *)high, NULL), 2);
	CHECK(services->get_time((void *)(high + 0x1000U), NULL) == EFI_INVALID_PARAMETER);
	/* At EL1 that address is no virtual one, and its own are physical. */
	check_time(level_call_from_el1(&time), 1);
	check_time(services->get_time(&time, NULL), 2);
	app_print("level: %u failed\n", app_failures());
	services->reset_system(EFI_RESET_SHUTDOWN, EFI_SUCCESS, 0, NULL);
	CHECK(false);
	return EFI_ABORTED;
}
