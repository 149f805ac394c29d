/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/runtime.h"

#include "base/string.h"

STATIC_ASSERT(sizeof(struct efi_runtime_services) - sizeof(struct efi_table_header) ==
		      FW_RUNTIME_SERVICES * sizeof(void *),
	"a stub for each service");

/* HVC #imm, and what makes it SMC #imm (DDI 0487, C6.2). */
#define INSN_HVC      UINT32_C(0xd4000002)
#define INSN_IMM_MASK UINT32_C(0x001fffe0)
#define INSN_SMC_BIT  UINT32_C(1)

static void use_smc(uint8_t *code, size_t size)
{
	for (size_t at = 0; at + sizeof(uint32_t) <= size; at += sizeof(uint32_t)) {
		uint32_t word;

		memcpy(&word, code + at, sizeof(word));
		if ((word & ~INSN_IMM_MASK) == INSN_HVC) {
			word |= INSN_SMC_BIT;
			memcpy(code + at, &word, sizeof(word));
		}
	}
}

void fw_runtime_place(uint8_t *code, struct fw_runtime *data, enum fw_runtime_conduit conduit)
{
	uint64_t services[FW_RUNTIME_SERVICES];
	size_t size = (size_t)(fw_runtime_end - fw_runtime_start);

	memcpy(code, fw_runtime_start, size);
	if (conduit == FW_RUNTIME_SMC) {
		use_smc(code, size);
	}
	memcpy(code + (fw_runtime_context - fw_runtime_start), &(struct fw_runtime *){data},
		sizeof(data));
	for (unsigned i = 0; i < FW_RUNTIME_SERVICES; i++) {
		const void *stub =
			conduit != FW_RUNTIME_NONE ? fw_runtime_stub[i] : fw_runtime_unsupported;

		services[i] = (uintptr_t)fw_runtime_in_copy(code, stub);
	}
	data->services.header = (struct efi_table_header){
		.signature = EFI_RUNTIME_SERVICES_SIGNATURE,
		.revision = EFI_SPECIFICATION_VERSION,
		.header_size = sizeof(data->services),
	};
	memcpy(&data->services.header + 1, services, sizeof(services));
}
