/* SPDX-License-Identifier: Apache-2.0 */
/* The machine below the services: time, the line, caches, power. */
#include "fw/platform.h"

#include "abi/guest_map.h"
#include "arch/barrier.h"
#include "arch/cache.h"
#include "arch/cpu.h"
#include "arch/smccc.h"
#include "arch/sysreg.h"
#include "base/bits.h"
#include "main.h"
#include "pl011/pl011.h"
#include "protocols/console.h"

#define PSCI_SYSTEM_OFF	  UINT64_C(0x84000008)
#define PSCI_SYSTEM_RESET UINT64_C(0x84000009)

#define SECOND_100NS UINT64_C(10000000)

#define CNTKCTL_EVNTEN	    BIT(2)
#define CNTKCTL_EVNTI_SHIFT 4U
#define CNTKCTL_EVNTI_MAX   15U
#define IDLE_EVENTS	    UINT64_C(10000) /* a second */

#define CTR_IMINLINE_SHIFT 0U
#define CTR_IMINLINE_WIDTH 4U
#define CTR_DMINLINE_SHIFT 16U
#define CTR_DMINLINE_WIDTH 4U
#define CTR_IDC		   BIT(28)
#define CTR_DIC		   BIT(29)
#define WORD_SIZE	   4U
#define PUBLISH_ALL_BEYOND UINT64_C(0x40000) /* then IC IALLUIS is less than line by line */

#define CURRENTEL_EL2 8U

static struct pl011 uart;

bool is_at_el2(void)
{
	return read_currentel() == CURRENTEL_EL2;
}

void call_below(struct smccc_regs *regs)
{
	if (is_at_el2()) {
		arch_smc(regs);
	} else {
		arch_hvc(regs);
	}
}

void line_init(void)
{
	pl011_init(&uart, GUEST_UART_BASE);
}

void line_write(const uint8_t *bytes, size_t size)
{
	(void)pl011_write_wait(&uart, bytes, size);
}

bool line_read(uint8_t *byte)
{
	return pl011_read(&uart, byte);
}

uint64_t platform_time(void)
{
	uint64_t frequency = max_u64(read_cntfrq_el0() & UINT32_MAX, 1);
	uint64_t count;

	arch_isb(); /* the counter is not read before what precedes */
	count = read_cntvct_el0();
	return count / frequency * SECOND_100NS + count % frequency * SECOND_100NS / frequency;
}

void clock_init(void)
{
	uint64_t ticks = (read_cntfrq_el0() & UINT32_MAX) / IDLE_EVENTS;
	uint64_t bit = ticks > 1U ? bit_highest(ticks) - 1U : 0U;

	write_cntkctl_el1(CNTKCTL_EVNTEN | min_u64(bit, CNTKCTL_EVNTI_MAX) << CNTKCTL_EVNTI_SHIFT);
	arch_isb();
}

void clock_leave(void)
{
	write_cntkctl_el1(0);
	arch_isb();
}

void platform_idle(void)
{
	arch_wfe();
}

void platform_publish_code(const void *base, uint64_t size)
{
	uint64_t ctr = read_ctr_el0();
	uint64_t data_line = (uint64_t)WORD_SIZE << FIELD_GET(ctr, CTR_DMINLINE);
	uint64_t code_line = (uint64_t)WORD_SIZE << FIELD_GET(ctr, CTR_IMINLINE);
	uintptr_t end = (uintptr_t)base + size;

	if ((ctr & CTR_IDC) == 0U) {
		for (uintptr_t at = align_down((uintptr_t)base, data_line); at < end;
			at += data_line) {
			arch_dc_civac(at); /* not DC CVAU: head.S says why */
		}
	}
	arch_dsb_ish(); /* the code is where instruction fetches look, before those forget it */
	if ((ctr & CTR_DIC) == 0U) {
		if (size > PUBLISH_ALL_BEYOND) {
			arch_ic_ialluis();
		} else {
			for (uintptr_t at = align_down((uintptr_t)base, code_line); at < end;
				at += code_line) {
				arch_ic_ivau(at);
			}
		}
		arch_dsb_ish();
	}
	arch_isb();
}

static void psci(uint64_t function)
{
	struct smccc_regs regs = {.x = {function}};

	call_below(&regs);
}

void power_off(void)
{
	(void)pl011_drain(&uart);
	psci(PSCI_SYSTEM_OFF);
	for (;;) {
		arch_wfi();
	}
}

void power_reset(void)
{
	(void)pl011_drain(&uart);
	psci(PSCI_SYSTEM_RESET);
	for (;;) {
		arch_wfi();
	}
}
