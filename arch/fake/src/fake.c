/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/at.h"
#include "arch/cpu.h"
#include "arch/firmware.h"
#include "arch/smccc.h"
#include "arch/sysreg.h"
#include "base/check.h"
#include "base/compiler.h"
#include "fake/at.h"
#include "fake/maintenance.h"
#include "fake/mmio.h"
#include "fake/panic.h"
#include "fake/smccc.h"

_Thread_local struct fake_sysregs fake_sysregs = {
	.ctr_el0 = 0x8444c004,	   /* cortex-a57: 64-byte lines, PIPT, neither IDC nor DIC */
	.dczid_el0 = 4,		   /* 64 bytes */
	.ich_vtr_el2 = 0x90b80003, /* 4 list registers, 5 bits of priority */
	.cntfrq_el0 = 62500000,
};
_Thread_local struct percpu *fake_percpu;
_Thread_local jmp_buf fake_panic_jump;
_Thread_local const char *fake_panic_expected;

static fake_maintain_fn *maintain_fn;
static void *maintain_ctx;
static fake_at_fn *at_fn;
static void *at_ctx;
static void (*smccc_fn)(void *ctx, struct smccc_regs *regs);
static void *smccc_ctx;
static const struct fake_device *devices[FAKE_DEVICE_MAX];

void panic_at(const char *file, int line, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (fake_panic_expected != NULL && strstr(text, fake_panic_expected) != NULL) {
		longjmp(fake_panic_jump, 1);
	}
	fprintf(stderr, "panic at %s:%d: %s\n", file, line, text);
	abort();
}

void fake_maintain_hook(fake_maintain_fn *fn, void *ctx)
{
	maintain_fn = fn;
	maintain_ctx = ctx;
}

void fake_maintain(enum fake_op op, uint64_t address)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (maintain_fn != NULL) {
		maintain_fn(maintain_ctx, op, address);
	}
}

void fake_at_hook(fake_at_fn *fn, void *ctx)
{
	at_fn = fn;
	at_ctx = ctx;
}

#define AT(name, el, write)                                                                        \
	uint64_t arch_at_##name(uint64_t gva)                                                      \
	{                                                                                          \
		uint64_t par = 0;                                                                  \
		bool ok = at_fn != NULL && at_fn(at_ctx, el, write, gva, &par);                    \
                                                                                                   \
		return ok ? par : ARCH_AT_ABORTED;                                                 \
	}

AT(s1e0r, 0, false)
AT(s1e0w, 0, true)
AT(s1e1r, 1, false)
AT(s1e1w, 1, true)

#define AT_RUN(name)                                                                               \
	struct arch_at_answer arch_at_run_##name(uint64_t gva, uint64_t count, uint64_t expected,  \
		uint64_t step, uint64_t span, uint64_t relevant)                                   \
	{                                                                                          \
		for (uint64_t i = 0;; i++) {                                                       \
			uint64_t par = arch_at_##name(gva + i * span);                             \
			bool ok = ((par ^ (expected + i * step)) & relevant) == 0U;                \
                                                                                                   \
			if (!ok || i + 1U == count) {                                              \
				return (struct arch_at_answer){par, ok ? 0U : count - i};          \
			}                                                                          \
		}                                                                                  \
	}

AT_RUN(s1e0w)
AT_RUN(s1e1w)

void fake_smccc_hook(void (*fn)(void *ctx, struct smccc_regs *regs), void *ctx)
{
	smccc_fn = fn;
	smccc_ctx = ctx;
}

static void call_firmware(struct smccc_regs *regs)
{
	if (smccc_fn != NULL) {
		smccc_fn(smccc_ctx, regs);
	} else {
		regs->x[0] = ~UINT64_C(0);
	}
}

/* The test's own function; one at 0 faults, as it does on the target. */
bool arch_firmware_call(uint64_t function, const uint64_t args[ARCH_FIRMWARE_ARGS], uint64_t *frame,
	uint64_t *status)
{
	uint64_t (*call)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t) =
		(uint64_t(*)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t))(uintptr_t)function;

	if (function == 0U) {
		return false;
	}
	*frame = 1;
	*status = call(args[0], args[1], args[2], args[3], args[4]);
	*frame = 0;
	return true;
}

void arch_smc(struct smccc_regs *regs)
{
	call_firmware(regs);
}

void arch_hvc(struct smccc_regs *regs)
{
	call_firmware(regs);
}

void fake_mmio_add(const struct fake_device *device)
{
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		if (devices[i] == NULL) {
			devices[i] = device;
			return;
		}
	}
	PANIC("more than %u fake devices", FAKE_DEVICE_MAX);
}

void fake_mmio_reset(void)
{
	memset(devices, 0, sizeof(devices));
}

static const struct fake_device *find_device(uint64_t va, unsigned size)
{
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		const struct fake_device *d = devices[i];

		if (d != NULL && va >= d->base && va - d->base <= d->size - size) {
			return d;
		}
	}
	PANIC("no fake device at 0x%llx", (unsigned long long)va);
}

uint64_t fake_mmio_read(uint64_t va, unsigned size)
{
	const struct fake_device *d = find_device(va, size);

	return d->read(d->ctx, va - d->base, size);
}

void fake_mmio_write(uint64_t va, unsigned size, uint64_t v)
{
	const struct fake_device *d = find_device(va, size);

	d->write(d->ctx, va - d->base, size, v);
}
