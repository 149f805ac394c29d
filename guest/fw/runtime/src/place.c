/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/runtime.h"

#include "base/string.h"

STATIC_ASSERT(sizeof(struct efi_runtime_services) - sizeof(struct efi_table_header) ==
		      FW_RUNTIME_SERVICES * sizeof(void *),
	"a stub for each service");

void fw_runtime_place(uint8_t *code, struct fw_runtime *data, bool answered)
{
	uint64_t services[FW_RUNTIME_SERVICES];

	memcpy(code, fw_runtime_start, (size_t)(fw_runtime_end - fw_runtime_start));
	memcpy(code + (fw_runtime_context - fw_runtime_start), &(struct fw_runtime *){data},
		sizeof(data));
	for (unsigned i = 0; i < FW_RUNTIME_SERVICES; i++) {
		const uint8_t *stub = answered ? fw_runtime_stub[i] : fw_runtime_unsupported;

		services[i] = (uintptr_t)code + (uintptr_t)(stub - fw_runtime_start);
	}
	data->services.header = (struct efi_table_header){
		.signature = EFI_RUNTIME_SERVICES_SIGNATURE,
		.revision = EFI_SPECIFICATION_VERSION,
		.header_size = sizeof(data->services),
	};
	memcpy(&data->services.header + 1, services, sizeof(services));
}
