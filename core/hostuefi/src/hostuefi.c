/* SPDX-License-Identifier: Apache-2.0 */
#include "hostuefi/hostuefi.h"

#include "abi/boot_info.h"
#include "abi/uefi_rt.h"
#include "arch/firmware.h"
#include "base/atomic.h"
#include "base/types.h"
#include "hypmap/hypmap.h"
#include "lock/lock.h"
#include "percpu/percpu.h"

/* EFI_RUNTIME_SERVICES, in 64-bit words: a header and fourteen pointers (UEFI 2.10, 4.5). Their
 * order is not that of the bits in EFI_RT_PROPERTIES_TABLE. */
#define TABLE_GET_VARIABLE 9U
#define TABLE_SET_VARIABLE 11U
#define TABLE_RESET_SYSTEM 13U

#define NAMESPACE                                                                                  \
	{                                                                                          \
		0x5d1e93a4, 0x27c8, 0x4f1b,                                                        \
		{                                                                                  \
			0x9b, 0x60, 0x1f, 0xd4, 0x88, 0x3c, 0x7a, 0x52                             \
		}                                                                                  \
	}
#define KEPT (UEFI_VAR_NON_VOLATILE | UEFI_VAR_BOOT | UEFI_VAR_RUNTIME)

static const struct uefi_guid namespace_guid = NAMESPACE;

/* Atomic: 0 once a call has faulted, and then for good. */
static uint64_t services;

static struct lock lock = LOCK_INIT(LOCK_RANK_DEVICE);

/* A variable's name as the firmware wants it. Under the lock. */
static uint16_t wide[HOSTUEFI_NAME_SIZE];

enum plinth_status hostuefi_init(const struct boot_efi *efi)
{
	enum plinth_status status = PLINTH_OK;

	store_relaxed(&services, 0U);
	for (uint32_t i = 0; i < efi->region_count && i < BOOT_EFI_MAX && status == PLINTH_OK;
		i++) {
		const struct boot_efi_region *region = &efi->region[i];

		status = hypmap_firmware(pa_init(region->base), region->size, region->kind);
	}
	if (status == PLINTH_OK) {
		store_relaxed(&services, efi->services);
	}
	return status;
}

bool hostuefi_is_there(void)
{
	return load_relaxed(&services) != 0U;
}

/* Calls the service, under the lock. UEFI_DEVICE_ERROR: it took an exception, now or before: what
 * it was about is half done, so there are no services any more. */
static uint64_t call(unsigned word, const uint64_t args[ARCH_FIRMWARE_ARGS])
{
	uint64_t table = load_relaxed(&services);
	uint64_t status = UEFI_DEVICE_ERROR;

	if (table != 0U && !arch_firmware_call(((const uint64_t *)pa_to_va(pa_init(table)))[word],
				   args, &percpu_this()->firmware_frame, &status)) {
		store_relaxed(&services, 0U);
	}
	return status;
}

static uint64_t address_of(const void *object)
{
	return (uint64_t)(uintptr_t)object;
}

static enum plinth_status status_of(uint64_t status)
{
	switch (status) {
	case UEFI_SUCCESS:
		return PLINTH_OK;
	case UEFI_NOT_FOUND:
		return PLINTH_ENOENT;
	case UEFI_BUFFER_TOO_SMALL:
	case UEFI_OUT_OF_RESOURCES:
		return PLINTH_ENOMEM;
	case UEFI_DEVICE_ERROR:
		return hostuefi_is_there() ? PLINTH_EPERM : PLINTH_ENOTSUP;
	default:
		return PLINTH_EPERM;
	}
}

static void widen(const char *name)
{
	uint32_t i = 0;

	for (; i < HOSTUEFI_NAME_SIZE - 1U && name[i] != '\0'; i++) {
		wide[i] = (uint8_t)name[i];
	}
	wide[i] = 0;
}

enum plinth_status hostuefi_get(const char *name, void *data, uint32_t max, uint32_t *size)
{
	uint64_t bytes = max;
	const uint64_t args[ARCH_FIRMWARE_ARGS] = {address_of(wide), address_of(&namespace_guid), 0,
		address_of(&bytes), address_of(data)};

	if (!hostuefi_is_there()) {
		return PLINTH_ENOTSUP;
	}
	lock_take(&lock);
	widen(name);
	uint64_t status = call(TABLE_GET_VARIABLE, args);

	lock_drop(&lock);
	if (status == UEFI_SUCCESS) {
		*size = (uint32_t)bytes;
	}
	return status_of(status);
}

enum plinth_status hostuefi_set(const char *name, const void *data, uint32_t size)
{
	const uint64_t args[ARCH_FIRMWARE_ARGS] = {
		address_of(wide), address_of(&namespace_guid), KEPT, size, address_of(data)};

	if (!hostuefi_is_there()) {
		return PLINTH_ENOTSUP;
	}
	lock_take(&lock);
	widen(name);
	uint64_t status = call(TABLE_SET_VARIABLE, args);

	lock_drop(&lock);
	return status_of(status);
}

void hostuefi_reset(enum hostuefi_reset how)
{
	const uint64_t args[ARCH_FIRMWARE_ARGS] = {
		how == HOSTUEFI_OFF ? UEFI_RESET_SHUTDOWN : UEFI_RESET_COLD};

	lock_take(&lock);
	(void)call(TABLE_RESET_SYSTEM, args);
	lock_drop(&lock);
}
