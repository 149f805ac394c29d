/* SPDX-License-Identifier: Apache-2.0 */
#include "efi/efi_next.h"

#include "base/compiler.h"
#include "base/string.h"
#include "efi_initrd.h"

static const struct efi_guid guid_device_path = {
	0x09576e91, 0x6d3f, 0x11d2, {0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b}};

/* LoadFile2 of our own, while the next stage runs. */
struct initrd_offer {
	struct efi_load_file2 protocol;
	const struct boot_range *initrd;
	efi_handle_t handle;
	void *before; /* whoever offered an initrd to us; NULL: nobody, the handle is ours */
};

static efi_status_t load_file(struct efi_load_file2 *self, const void *path, uint8_t boot_policy,
	uint64_t *size, void *buffer)
{
	const struct initrd_offer *offer = CONTAINER_OF(self, struct initrd_offer, protocol);

	(void)path;
	if (boot_policy != 0U || size == NULL) {
		return boot_policy != 0U ? EFI_UNSUPPORTED : EFI_INVALID_PARAMETER;
	}
	if (buffer == NULL || *size < offer->initrd->size) {
		*size = offer->initrd->size;
		return EFI_BUFFER_TOO_SMALL;
	}
	*size = offer->initrd->size;
	memcpy(buffer, (const void *)(uintptr_t)offer->initrd->base, *size);
	return EFI_SUCCESS;
}

/* Two handles with one device path must not be: an offer to us is replaced. */
static efi_status_t replace(
	const struct efi *efi, struct initrd_offer *offer, struct efi_load_file2 *interface)
{
	efi_status_t status =
		efi->services->handle_protocol(offer->handle, &initrd_protocol, &offer->before);

	return status != EFI_SUCCESS ? status
				     : efi->services->reinstall_protocol_interface(offer->handle,
					       &initrd_protocol, offer->before, interface);
}

static efi_status_t make_offer(const struct efi *efi, struct initrd_offer *offer)
{
	struct initrd_path copy = initrd_path;
	void *path = &copy;
	efi_status_t status;

	if (efi->services->locate_device_path(&initrd_protocol, &path, &offer->handle) ==
		EFI_SUCCESS) {
		return replace(efi, offer, &offer->protocol);
	}
	offer->handle = NULL;
	status = efi->services->install_protocol_interface(
		&offer->handle, &guid_device_path, 0, (void *)(uintptr_t)&initrd_path);
	return status != EFI_SUCCESS ? status
				     : efi->services->install_protocol_interface(&offer->handle,
					       &initrd_protocol, 0, &offer->protocol);
}

/* The offer lies on our stack: it must not outlive it. */
static void withdraw_offer(const struct efi *efi, struct initrd_offer *offer)
{
	if (offer->before != NULL) {
		(void)efi->services->reinstall_protocol_interface(
			offer->handle, &initrd_protocol, &offer->protocol, offer->before);
		return;
	}
	(void)efi->services->uninstall_protocol_interface(
		offer->handle, &initrd_protocol, &offer->protocol);
	(void)efi->services->uninstall_protocol_interface(
		offer->handle, &guid_device_path, (void *)(uintptr_t)&initrd_path);
}

static void set_options(const struct efi *efi, efi_handle_t image, const char *options)
{
	static efi_char_t text[BOOT_CMDLINE_SIZE]; /* outlives the call: the next stage reads it */
	struct efi_loaded_image *loaded = efi_loaded_image(efi, image);
	uint32_t count = 0;

	for (; count < BOOT_CMDLINE_SIZE - 1U && options[count] != '\0'; count++) {
		text[count] = (uint8_t)options[count];
	}
	text[count] = 0;
	if (loaded != NULL) {
		loaded->load_options = text;
		loaded->load_options_size = (count + 1U) * (uint32_t)sizeof(text[0]);
	}
}

static efi_status_t run(const struct efi *efi, const struct efi_next *next)
{
	efi_handle_t image = NULL;
	efi_status_t status = efi->services->load_image(0, efi->image, NULL,
		(const void *)(uintptr_t)next->image.base, next->image.size, &image);

	if (status != EFI_SUCCESS) {
		return status;
	}
	set_options(efi, image, next->options);
	return efi->services->start_image(image, NULL, NULL);
}

efi_status_t efi_start_next(const struct efi *efi, const struct efi_next *next)
{
	struct initrd_offer offer = {.protocol = {load_file}, .initrd = &next->initrd};
	efi_status_t status = EFI_SUCCESS;

	if (next->initrd.size != 0U) {
		status = make_offer(efi, &offer);
	}
	if (status == EFI_SUCCESS) {
		status = run(efi, next);
		if (next->initrd.size != 0U) {
			withdraw_offer(efi, &offer);
		}
	}
	efi_print(efi, "the next stage has not started, or has ended: EFI status %#llx",
		(unsigned long long)status);
	return status;
}
