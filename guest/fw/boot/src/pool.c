/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pool memory: small pieces by power-of-two classes, a free list for each class and memory type;
 * what is larger is pages of its own. A piece begins with struct head.
 */
#include "pool.h"

#include "base/bits.h"
#include "base/compiler.h"
#include "base/string.h"
#include "fw/memory.h"

#define HEAD_MAGIC    UINT32_C(0x4c4f4f50)
#define CLASS_FIRST   6U /* 64 bytes */
#define CLASS_LAST    11U
#define CLASS_COUNT   (CLASS_LAST - CLASS_FIRST + 1U)
#define POOL_SIZE_MAX (UINT64_C(1) << 40)

struct head {
	uint32_t magic;
	uint32_t type;
	uint64_t size; /* with this head: of a class, or whole pages */
};

struct free_piece {
	struct free_piece *next;
};

static struct free_piece *free_pieces[EFI_MEMORY_TYPE_COUNT][CLASS_COUNT];

/* A page or granule, cut into pieces. */
static efi_status_t refill(uint32_t type, unsigned class)
{
	uint64_t size = UINT64_C(1) << class;
	uint64_t base;
	uint64_t bytes = type == EFI_RUNTIME_SERVICES_DATA || type == EFI_RUNTIME_SERVICES_CODE
				 ? FW_RUNTIME_GRANULE
				 : EFI_PAGE_SIZE;
	efi_status_t status =
		fw_allocate_pages(EFI_ALLOCATE_ANY_PAGES, type, bytes >> EFI_PAGE_SHIFT, &base);

	if (status != EFI_SUCCESS) {
		return status;
	}
	for (uint64_t at = base + bytes; at > base; at -= size) {
		struct free_piece *piece = (struct free_piece *)(uintptr_t)(at - size);

		piece->next = free_pieces[type][class - CLASS_FIRST];
		free_pieces[type][class - CLASS_FIRST] = piece;
	}
	return EFI_SUCCESS;
}

static efi_status_t take_piece(uint32_t type, uint64_t size, struct head **head)
{
	unsigned class = max_u64(bit_highest(size - 1U) + 1U, CLASS_FIRST) & 0xffU;
	struct free_piece **list = &free_pieces[type][class - CLASS_FIRST];

	if (*list == NULL) {
		efi_status_t status = refill(type, class);

		if (status != EFI_SUCCESS || *list == NULL) {
			return EFI_OUT_OF_RESOURCES;
		}
	}
	*head = (struct head *)(void *)*list;
	*list = (*list)->next;
	(*head)->size = UINT64_C(1) << class;
	return EFI_SUCCESS;
}

static efi_status_t take_pages(uint32_t type, uint64_t size, struct head **head)
{
	uint64_t base;
	uint64_t pages = (size + EFI_PAGE_SIZE - 1U) >> EFI_PAGE_SHIFT;
	efi_status_t status = fw_allocate_pages(EFI_ALLOCATE_ANY_PAGES, type, pages, &base);

	if (status != EFI_SUCCESS) {
		return status;
	}
	*head = (struct head *)(uintptr_t)base;
	(*head)->size = pages << EFI_PAGE_SHIFT;
	return EFI_SUCCESS;
}

efi_status_t fw_allocate_pool(uint32_t type, uint64_t size, void **buffer)
{
	struct head *head;
	efi_status_t status;

	if (buffer == NULL || type == EFI_CONVENTIONAL_MEMORY || type == EFI_PERSISTENT_MEMORY) {
		return EFI_INVALID_PARAMETER;
	}
	if (size > POOL_SIZE_MAX) {
		return EFI_OUT_OF_RESOURCES;
	}
	size += sizeof(*head);
	if (type < EFI_MEMORY_TYPE_COUNT && size <= UINT64_C(1) << CLASS_LAST) {
		status = take_piece(type, size, &head);
	} else {
		status = take_pages(type, size, &head);
	}
	if (status != EFI_SUCCESS) {
		return status;
	}
	head->magic = HEAD_MAGIC;
	head->type = type;
	*buffer = head + 1;
	return EFI_SUCCESS;
}

efi_status_t fw_free_pool(void *buffer)
{
	struct free_piece *piece;
	struct head *head;
	uint32_t type;
	unsigned class;

	if (buffer == NULL || !is_aligned((uintptr_t)buffer, sizeof(*head))) {
		return EFI_INVALID_PARAMETER;
	}
	head = (struct head *)buffer - 1;
	piece = (struct free_piece *)(void *)head;
	if (!fw_memory_type((uintptr_t)head, &type) || type == EFI_CONVENTIONAL_MEMORY ||
		head->magic != HEAD_MAGIC || head->type != type) {
		return EFI_INVALID_PARAMETER;
	}
	head->magic = 0;
	if (head->size > UINT64_C(1) << CLASS_LAST || type >= EFI_MEMORY_TYPE_COUNT) {
		return fw_free_pages((uintptr_t)head, head->size >> EFI_PAGE_SHIFT);
	}
	if (!is_power_of_2(head->size) || head->size < UINT64_C(1) << CLASS_FIRST) {
		return EFI_INVALID_PARAMETER;
	}
	class = bit_highest(head->size) - CLASS_FIRST;
	piece->next = free_pieces[type][class];
	free_pieces[type][class] = piece;
	return EFI_SUCCESS;
}

void *fw_allocate(uint64_t size)
{
	void *buffer;

	if (fw_allocate_pool(EFI_BOOT_SERVICES_DATA, size, &buffer) != EFI_SUCCESS) {
		return NULL;
	}
	return memset(buffer, 0, size);
}

void fw_free(void *buffer)
{
	if (buffer != NULL) {
		(void)fw_free_pool(buffer);
	}
}

void fw_pool_init(void)
{
	memset(free_pieces, 0, sizeof(free_pieces));
}
