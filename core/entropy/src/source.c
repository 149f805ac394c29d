/* SPDX-License-Identifier: Apache-2.0 */
#include "source.h"

#include <stdbool.h>

#include "abi/boot_info.h"
#include "arch/cpu.h"
#include "arch/smccc.h"
#include "arch/sysreg.h"
#include "base/bits.h"
#include "base/string.h"
#include "crypto/bytes.h"

/* The SMCCC TRNG (DEN0098). */
#define TRNG_FN_VERSION	  UINT64_C(0x84000050)
#define TRNG_FN_RND64	  UINT64_C(0xc4000053)
#define TRNG_BITS	  UINT64_C(192)
#define TRNG_NO_ENTROPY	  (-3)
#define TRNG_VERSION_1_0  0x10000
#define TRNG_BYTES_A_CALL 24U

#define ISAR0_RNDR_SHIFT 60U
#define ISAR0_RNDR_WIDTH 4U

/* How often a source that has nothing at the moment is asked again. */
#define ATTEMPTS 16U

/* Set by source_probe() on the boot CPU, then constant. */
static uint32_t firmware_conduit;
static uint32_t present;

/* Returns W0 as the firmware's signed answer. */
static int32_t call_firmware(struct smccc_regs *regs)
{
	if (firmware_conduit == BOOT_CONDUIT_HVC) {
		arch_hvc(regs);
	} else {
		arch_smc(regs);
	}
	return (int32_t)(uint32_t)regs->x[0];
}

static bool has_trng(void)
{
	struct smccc_regs regs = {.x = {TRNG_FN_VERSION}};

	return firmware_conduit != BOOT_CONDUIT_NONE && call_firmware(&regs) >= TRNG_VERSION_1_0;
}

uint32_t source_probe(uint32_t conduit)
{
	firmware_conduit = conduit;
	present = has_trng() ? SOURCE_SMCCC : 0U;
	/* All CPUs have it, or a vCPU's random numbers would depend on where it runs: the boot
	 * CPU's word is taken, and a read that fails is only a source that gave nothing. */
	if (FIELD_GET(read_id_aa64isar0_el1(), ISAR0_RNDR) != 0U) {
		present |= SOURCE_RNDRRS;
	}
	return present;
}

/* 24 bytes from the firmware, or false. */
static bool read_trng(uint8_t *buf)
{
	for (unsigned i = 0; i < ATTEMPTS; i++) {
		struct smccc_regs regs = {.x = {TRNG_FN_RND64, TRNG_BITS}};
		int32_t status = call_firmware(&regs);

		if (status == 0) {
			memcpy(buf, &regs.x[1], TRNG_BYTES_A_CALL);
			crypto_wipe(&regs, sizeof(regs));
			return true;
		}
		if (status != TRNG_NO_ENTROPY) {
			return false;
		}
		arch_yield();
	}
	return false;
}

static bool read_all_trng(uint8_t *buf)
{
	for (unsigned at = 0; at < SOURCE_SMCCC_BYTES; at += TRNG_BYTES_A_CALL) {
		if (!read_trng(&buf[at])) {
			return false;
		}
	}
	return true;
}

/* RNDRRS gives 0 where it fails (and says so in the flags, which C can't see): a true 0 is lost
 * once in 2^64. */
static bool read_all_rndrrs(uint8_t *buf)
{
	for (unsigned at = 0; at < SOURCE_RNDRRS_BYTES; at += sizeof(uint64_t)) {
		uint64_t v = 0;

		for (unsigned i = 0; i < ATTEMPTS && v == 0U; i++) {
			v = read_rndrrs();
		}
		if (v == 0U) {
			return false;
		}
		memcpy(&buf[at], &v, sizeof(v));
	}
	return true;
}

size_t source_read(uint8_t buf[SOURCE_BYTES_MAX], uint32_t *gave)
{
	size_t size = 0;

	*gave = 0;
	if ((present & SOURCE_SMCCC) != 0U && read_all_trng(buf)) {
		*gave |= SOURCE_SMCCC;
		size += SOURCE_SMCCC_BYTES;
	}
	if ((present & SOURCE_RNDRRS) != 0U && read_all_rndrrs(&buf[size])) {
		*gave |= SOURCE_RNDRRS;
		size += SOURCE_RNDRRS_BYTES;
	}
	return size;
}
