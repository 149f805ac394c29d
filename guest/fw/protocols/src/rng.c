/* SPDX-License-Identifier: Apache-2.0 */
#include "fw/guid.h"
#include "fw/handles.h"
#include "protocols/others.h"

static const struct efi_guid rng_guid = EFI_RNG_GUID;
static const struct efi_guid raw_guid = EFI_RNG_RAW_GUID;

static bool (*fill_random)(uint8_t *out, size_t size);

static efi_status_t get_info(struct efi_rng *self, uint64_t *size, struct efi_guid *list)
{
	(void)self;
	if (size == NULL) {
		return EFI_INVALID_PARAMETER;
	}
	if (*size < sizeof(*list)) {
		*size = sizeof(*list);
		return EFI_BUFFER_TOO_SMALL;
	}
	*size = sizeof(*list);
	if (list == NULL) {
		return EFI_INVALID_PARAMETER;
	}
	*list = raw_guid;
	return EFI_SUCCESS;
}

static efi_status_t get_rng(
	struct efi_rng *self, const struct efi_guid *algorithm, uint64_t size, uint8_t *out)
{
	(void)self;
	if (out == NULL || size == 0U) {
		return EFI_INVALID_PARAMETER;
	}
	if (algorithm != NULL && !fw_same_guid(algorithm, &raw_guid)) {
		return EFI_UNSUPPORTED;
	}
	return fill_random(out, size) ? EFI_SUCCESS : EFI_NOT_READY;
}

static struct efi_rng rng = {.get_info = get_info, .get_rng = get_rng};

efi_status_t rng_install(bool (*fill)(uint8_t *out, size_t size))
{
	efi_handle_t handle = NULL;

	fill_random = fill;
	return fw_install_protocol_interface(&handle, &rng_guid, 0, &rng);
}
