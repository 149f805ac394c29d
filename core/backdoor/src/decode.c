/* SPDX-License-Identifier: Apache-2.0 */
#include "decode.h"

#include "a64/sysreg.h"
#include "backdoor/backdoor.h"
#include "base/bits.h"

/* X7[63:32] of the MRS form. */
#define X7_MAGIC UINT64_C(0x86)

#define MDCCSR_EL0 A64_SYSREG(2, 3, 0, 1, 0)
#define XZR	   31U

/* W7: the I/O instruction. */
#define W7_SIZE_SHIFT	   0U
#define W7_SIZE_WIDTH	   2U
#define W7_READ		   BIT(2)
#define W7_KIND_SHIFT	   3U
#define W7_KIND_WIDTH	   2U
#define W7_BACKWARD	   BIT(5)
#define W7_IMMEDIATE_SHIFT 5U
#define W7_IMMEDIATE_WIDTH 8U

#define SIZE_NONE 3U

enum w7_kind { KIND_IMMEDIATE, KIND_DX, KIND_STRING, KIND_REP_STRING };

#define PORT_DX_MASK UINT32_C(0xffff)

bool backdoor_is_call(const struct backdoor_vm *vm, uint32_t iss, uint64_t x7)
{
	return (vm->config.vmware || vm->config.control) && a64_sysreg_of_iss(iss) == MDCCSR_EL0 &&
	       a64_sysreg_iss_rt(iss) == XZR && a64_sysreg_iss_is_read(iss) && x7 >> 32 == X7_MAGIC;
}

/* The bits that mean something in each kind; all others must be 0. */
static uint32_t known_bits(enum w7_kind kind)
{
	uint32_t known = (uint32_t)(FIELD_MASK(W7_SIZE) | W7_READ | FIELD_MASK(W7_KIND));

	switch (kind) {
	case KIND_IMMEDIATE:
		return known | (uint32_t)FIELD_MASK(W7_IMMEDIATE);
	case KIND_STRING:
	case KIND_REP_STRING:
		return known | (uint32_t)W7_BACKWARD;
	case KIND_DX:
		break;
	}
	return known;
}

struct backdoor_io backdoor_decode(uint32_t w7, uint32_t w3)
{
	enum w7_kind kind = (enum w7_kind)FIELD_GET(w7, W7_KIND);
	bool is_string = kind == KIND_STRING || kind == KIND_REP_STRING;
	bool is_read = (w7 & W7_READ) != 0U;

	if (FIELD_GET(w7, W7_SIZE) == SIZE_NONE || (w7 & ~known_bits(kind)) != 0U) {
		return (struct backdoor_io){.form = BACKDOOR_BROKEN};
	}
	return (struct backdoor_io){
		.form = is_string ? (is_read ? BACKDOOR_INS : BACKDOOR_OUTS)
				  : (is_read ? BACKDOOR_IN : BACKDOOR_OUT),
		.size = UINT32_C(1) << FIELD_GET(w7, W7_SIZE),
		.port = kind == KIND_IMMEDIATE ? (uint32_t)FIELD_GET(w7, W7_IMMEDIATE)
					       : w3 & PORT_DX_MASK,
		.repeat = kind == KIND_REP_STRING,
		.backward = is_string && (w7 & W7_BACKWARD) != 0U,
	};
}
