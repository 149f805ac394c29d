/* SPDX-License-Identifier: Apache-2.0 */
#include "pe/pe.h"

#include "base/bits.h"
#include "base/checked.h"
#include "base/string.h"

#define MZ		      UINT16_C(0x5a4d)
#define MZ_PE_OFFSET	      0x3cU
#define PE_SIGNATURE	      UINT32_C(0x00004550)
#define MACHINE_ARM64	      UINT16_C(0xaa64)
#define MAGIC_PE32_PLUS	      UINT16_C(0x20b)
#define FILE_NO_RELOCATE      UINT16_C(0x0001)
#define DLL_NX_COMPAT	      UINT16_C(0x0100)
#define SECTION_MAX	      96U /* the format's own bound */
#define ALIGNMENT_MAX	      UINT32_C(0x200000)
#define DIRECTORY_RELOCATIONS 5U

#define SCN_EXECUTE UINT32_C(0x20000000)
#define SCN_WRITE   UINT32_C(0x80000000)

#define BLOCK_HEAD   8U
#define REL_ABSOLUTE 0U
#define REL_DIR64    10U

/* Offsets in the COFF header, which begins with the signature, and in the optional header. */
#define COFF_MACHINE	   4U
#define COFF_SECTIONS	   6U
#define COFF_OPTIONAL_SIZE 20U
#define COFF_FLAGS	   22U
#define COFF_SIZE	   24U
#define OPT_MAGIC	   0U
#define OPT_ENTRY	   16U
#define OPT_BASE	   24U
#define OPT_ALIGNMENT	   32U
#define OPT_IMAGE_SIZE	   56U
#define OPT_HEADER_SIZE	   60U
#define OPT_SUBSYSTEM	   68U
#define OPT_DLL_FLAGS	   70U
#define OPT_DIRECTORIES	   108U
#define OPT_SIZE	   112U
#define DIRECTORY_SIZE	   8U

#define SEC_SIZE	40U
#define SEC_MEMORY_SIZE 8U
#define SEC_MEMORY	12U
#define SEC_FILE_SIZE	16U
#define SEC_FILE	20U
#define SEC_FLAGS	36U

static uint16_t read16(const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint32_t read32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint64_t read64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

struct raw_section {
	uint64_t memory;
	uint64_t memory_size;
	uint64_t file;
	uint64_t file_size; /* of what is used */
	uint32_t flags;
};

static struct raw_section read_section(const struct pe *pe, uint32_t number)
{
	const uint8_t *at = pe->file + pe->sections + (uint64_t)number * SEC_SIZE;
	struct raw_section section = {
		.memory = read32(at + SEC_MEMORY),
		.memory_size = read32(at + SEC_MEMORY_SIZE),
		.file = read32(at + SEC_FILE),
		.file_size = read32(at + SEC_FILE_SIZE),
		.flags = read32(at + SEC_FLAGS),
	};

	if (section.memory_size == 0U) {
		section.memory_size = section.file_size;
	}
	/* The file's part is padded; what goes beyond the memory's is not loaded. */
	section.file_size = min_u64(section.file_size, section.memory_size);
	return section;
}

static enum plinth_status check_sections(const struct pe *pe)
{
	for (uint32_t i = 0; i < pe->section_count; i++) {
		struct raw_section section = read_section(pe, i);

		if (section.memory_size == 0U) {
			continue;
		}
		if (section.memory < pe->header_size ||
			!range_contains(0, pe->image_size, section.memory, section.memory_size) ||
			(section.file_size != 0U && !range_contains(0, pe->file_size, section.file,
							    section.file_size))) {
			return PLINTH_EINVAL;
		}
	}
	return PLINTH_OK;
}

/* `optional` has `size` bytes, at least OPT_SIZE. */
static enum plinth_status read_optional(struct pe *pe, const uint8_t *optional, uint64_t size)
{
	uint64_t directories = read32(optional + OPT_DIRECTORIES);
	const uint8_t *relocations = optional + OPT_SIZE + DIRECTORY_RELOCATIONS * DIRECTORY_SIZE;

	pe->entry = read32(optional + OPT_ENTRY);
	pe->image_base = read64(optional + OPT_BASE);
	pe->alignment = read32(optional + OPT_ALIGNMENT);
	pe->image_size = read32(optional + OPT_IMAGE_SIZE);
	pe->header_size = read32(optional + OPT_HEADER_SIZE);
	pe->subsystem = read16(optional + OPT_SUBSYSTEM);
	pe->nx_compat = (read16(optional + OPT_DLL_FLAGS) & DLL_NX_COMPAT) != 0U;
	if (directories > DIRECTORY_RELOCATIONS &&
		size >= OPT_SIZE + (DIRECTORY_RELOCATIONS + 1U) * DIRECTORY_SIZE) {
		pe->relocations = read32(relocations);
		pe->relocations_size = read32(relocations + 4);
	}
	if (pe->subsystem < PE_SUBSYSTEM_APPLICATION ||
		pe->subsystem > PE_SUBSYSTEM_RUNTIME_DRIVER) {
		return PLINTH_ENOTSUP;
	}
	if (!is_power_of_2(pe->alignment) || pe->alignment > ALIGNMENT_MAX ||
		pe->image_size > PE_IMAGE_MAX || pe->entry >= pe->image_size ||
		pe->header_size > pe->image_size || pe->header_size > pe->file_size ||
		!range_contains(0, pe->image_size, pe->relocations, pe->relocations_size)) {
		return PLINTH_EINVAL;
	}
	return PLINTH_OK;
}

enum plinth_status pe_open(struct pe *pe, const void *file, uint64_t size)
{
	const uint8_t *bytes = file;
	enum plinth_status status;
	uint64_t coff;
	uint64_t optional_size;

	*pe = (struct pe){.file = file, .file_size = size};
	if (size < MZ_PE_OFFSET + 4U || read16(bytes) != MZ) {
		return PLINTH_EINVAL;
	}
	coff = read32(bytes + MZ_PE_OFFSET);
	if (!range_contains(0, size, coff, COFF_SIZE + OPT_SIZE) ||
		read32(bytes + coff) != PE_SIGNATURE) {
		return PLINTH_EINVAL;
	}
	optional_size = read16(bytes + coff + COFF_OPTIONAL_SIZE);
	pe->section_count = read16(bytes + coff + COFF_SECTIONS);
	pe->sections = coff + COFF_SIZE + optional_size;
	pe->can_move = (read16(bytes + coff + COFF_FLAGS) & FILE_NO_RELOCATE) == 0U;
	if (read16(bytes + coff + COFF_MACHINE) != MACHINE_ARM64) {
		return PLINTH_ENOTSUP;
	}
	if (optional_size < OPT_SIZE || pe->section_count > SECTION_MAX ||
		!range_contains(0, size, pe->sections, pe->section_count * SEC_SIZE) ||
		read16(bytes + coff + COFF_SIZE + OPT_MAGIC) != MAGIC_PE32_PLUS) {
		return PLINTH_EINVAL;
	}
	status = read_optional(pe, bytes + coff + COFF_SIZE, optional_size);
	return status == PLINTH_OK ? check_sections(pe) : status;
}

/* One page's worth; `block` has `size` bytes behind its head. */
static enum plinth_status visit_block(
	const struct pe *pe, const uint8_t *block, uint64_t size, pe_fixup_fn *visit, void *ctx)
{
	uint64_t page = read32(block - BLOCK_HEAD);

	for (uint64_t i = 0; i + 2U <= size; i += 2U) {
		uint16_t entry = read16(block + i);
		uint64_t at = page + (entry & 0xfffU);

		if (entry >> 12 == REL_ABSOLUTE) {
			continue;
		}
		if (entry >> 12 != REL_DIR64 ||
			!range_contains(0, pe->image_size, at, sizeof(uint64_t))) {
			return PLINTH_EINVAL;
		}
		visit(ctx, at);
	}
	return PLINTH_OK;
}

enum plinth_status pe_visit_fixups(
	const struct pe *pe, const void *image, pe_fixup_fn *visit, void *ctx)
{
	uint64_t left = pe->relocations_size;
	const uint8_t *at = (const uint8_t *)image + pe->relocations;

	while (left >= BLOCK_HEAD) {
		uint64_t size = read32(at + 4);
		enum plinth_status status;

		if (size < BLOCK_HEAD || size > left) {
			return PLINTH_EINVAL;
		}
		status = visit_block(pe, at + BLOCK_HEAD, size - BLOCK_HEAD, visit, ctx);
		if (status != PLINTH_OK) {
			return status;
		}
		at += size;
		left -= size;
	}
	return PLINTH_OK;
}

struct move {
	uint8_t *image;
	uint64_t difference;
};

static void move_pointer(void *ctx, uint64_t offset)
{
	const struct move *move = ctx;
	uint64_t value = read64(move->image + offset) + move->difference;

	memcpy(move->image + offset, &value, sizeof(value));
}

static enum plinth_status relocate(const struct pe *pe, uint8_t *image, uint64_t address)
{
	struct move move = {image, address - pe->image_base};

	if (move.difference == 0U) {
		return PLINTH_OK;
	}
	return pe->can_move ? pe_visit_fixups(pe, image, move_pointer, &move) : PLINTH_EINVAL;
}

enum plinth_status pe_load(const struct pe *pe, void *place, uint64_t address)
{
	uint8_t *image = place;
	uint64_t filled = pe->header_size;

	memcpy(image, pe->file, pe->header_size);
	for (uint32_t i = 0; i < pe->section_count; i++) {
		struct raw_section section = read_section(pe, i);
		uint64_t end = section.memory + section.file_size;

		if (section.memory_size == 0U) {
			continue;
		}
		/* Sections usually come in order: only what lies between them is cleared. */
		if (section.memory > filled) {
			memset(image + filled, 0, section.memory - filled);
		}
		if (section.file_size != 0U) {
			memcpy(image + section.memory, pe->file + section.file, section.file_size);
		}
		if (section.memory + section.memory_size > filled) {
			uint64_t from = max_u64(end, filled);

			memset(image + from, 0, section.memory + section.memory_size - from);
			filled = section.memory + section.memory_size;
		} else {
			memset(image + end, 0, section.memory_size - section.file_size);
		}
	}
	memset(image + filled, 0, pe->image_size - filled);
	return relocate(pe, image, address);
}

struct pe_section pe_section(const struct pe *pe, uint32_t number)
{
	struct raw_section section = read_section(pe, number);

	return (struct pe_section){
		.offset = section.memory,
		.size = section.memory_size,
		.writable = (section.flags & SCN_WRITE) != 0U,
		.executable = (section.flags & SCN_EXECUTE) != 0U,
	};
}
