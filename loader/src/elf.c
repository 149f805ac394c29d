/* SPDX-License-Identifier: Apache-2.0 */
/* 64-bit ELF: System V ABI, "Object Files"; segments go to their physical addresses. */
#include "base/bits.h"
#include "base/checked.h"
#include "kernel_formats.h"

#define HEADER_SIZE	    64U
#define CLASS_OFFSET	    4U
#define DATA_OFFSET	    5U
#define TYPE_OFFSET	    16U
#define MACHINE_OFFSET	    18U
#define ENTRY_OFFSET	    24U
#define TABLE_OFFSET	    32U
#define TABLE_ENTRY_OFFSET  54U
#define TABLE_COUNT_OFFSET  56U
#define CLASS_64	    2U
#define DATA_LITTLE	    1U
#define TYPE_EXECUTABLE	    2U
#define TYPE_SHARED	    3U
#define MACHINE_AARCH64	    183U
#define PROGRAM_HEADER_SIZE 56U
#define PROGRAM_HEADER_MAX  64U
#define INSTRUCTION_SIZE    4U
#define SEGMENT_LOAD	    1U

struct program_header {
	uint32_t type;
	uint64_t offset, virtual, physical, file_size, memory_size;
};

bool elf_is(const struct kernel_file *file)
{
	return kernel_file_has(file, 0,
		"\x7f"
		"ELF",
		4);
}

static enum plinth_status check_header(const struct kernel_file *file, struct loader_error *error)
{
	uint16_t type;
	uint16_t machine;

	if (file->size < HEADER_SIZE) {
		return loader_fail(error, "kernel: ELF is cut off in its header");
	}
	if (file->bytes[DATA_OFFSET] != DATA_LITTLE) {
		return loader_fail(error, "kernel: is a big-endian ELF");
	}
	type = kernel_file_u16(file, TYPE_OFFSET);
	machine = kernel_file_u16(file, MACHINE_OFFSET);
	if (machine != MACHINE_AARCH64) {
		return loader_fail(error, "kernel: is an ELF for %s, not for arm64",
			kernel_elf_machine_name(machine));
	}
	if (file->bytes[CLASS_OFFSET] != CLASS_64) {
		return loader_fail(error, "kernel: is a 32-bit ELF");
	}
	if (type != TYPE_EXECUTABLE && type != TYPE_SHARED) {
		return loader_fail(error, "kernel: is an ELF, but no executable (type %u)", type);
	}
	return PLINTH_OK;
}

static enum plinth_status check_table(const struct kernel_file *file, struct loader_error *error)
{
	uint16_t count = kernel_file_u16(file, TABLE_COUNT_OFFSET);

	if (count > PROGRAM_HEADER_MAX ||
		kernel_file_u16(file, TABLE_ENTRY_OFFSET) != PROGRAM_HEADER_SIZE ||
		!range_contains(0, file->size, kernel_file_u64(file, TABLE_OFFSET),
			(uint64_t)count * PROGRAM_HEADER_SIZE)) {
		return loader_fail(error, "kernel: ELF has a broken table of segments");
	}
	return PLINTH_OK;
}

static struct program_header read_header(const struct kernel_file *file, uint64_t offset)
{
	return (struct program_header){
		.type = kernel_file_u32(file, offset),
		.offset = kernel_file_u64(file, offset + 8),
		.virtual = kernel_file_u64(file, offset + 16),
		.physical = kernel_file_u64(file, offset + 24),
		.file_size = kernel_file_u64(file, offset + 32),
		.memory_size = kernel_file_u64(file, offset + 40),
	};
}

/* The entry is a virtual address: it moves with the segment that it lies in. */
static void note_entry(
	const struct program_header *header, uint64_t entry, struct kernel_image *image)
{
	if (range_contains(header->virtual, header->memory_size, entry, INSTRUCTION_SIZE)) {
		image->entry = header->physical + (entry - header->virtual);
	}
}

static enum plinth_status add_segment(const struct kernel_file *file,
	const struct program_header *header, struct kernel_image *image, struct loader_error *error)
{
	if (header->file_size > header->memory_size ||
		!range_contains(0, file->size, header->offset, header->file_size)) {
		return loader_fail(error, "kernel: ELF is cut off: segment at 0x%llx",
			(unsigned long long)header->physical);
	}
	if (image->segment_count == KERNEL_SEGMENT_MAX) {
		return loader_fail(
			error, "kernel: ELF has more than %u segments", KERNEL_SEGMENT_MAX);
	}
	image->segments[image->segment_count++] = (struct kernel_segment){
		.ipa = header->physical,
		.offset = header->offset,
		.file_size = header->file_size,
		.memory_size = header->memory_size,
	};
	return PLINTH_OK;
}

static enum plinth_status add_segments(
	const struct kernel_file *file, struct kernel_image *image, struct loader_error *error)
{
	uint64_t offset = kernel_file_u64(file, TABLE_OFFSET);
	uint64_t entry = kernel_file_u64(file, ENTRY_OFFSET);
	uint16_t count = kernel_file_u16(file, TABLE_COUNT_OFFSET);

	for (uint16_t i = 0; i < count; i++, offset += PROGRAM_HEADER_SIZE) {
		struct program_header header = read_header(file, offset);
		enum plinth_status status;

		if (header.type != SEGMENT_LOAD || header.memory_size == 0) {
			continue;
		}
		status = add_segment(file, &header, image, error);
		if (status != PLINTH_OK) {
			return status;
		}
		note_entry(&header, entry, image);
	}
	return PLINTH_OK;
}

enum plinth_status elf_parse(
	const struct kernel_file *file, struct kernel_image *image, struct loader_error *error)
{
	enum plinth_status status = check_header(file, error);

	if (status == PLINTH_OK) {
		status = check_table(file, error);
	}
	if (status == PLINTH_OK) {
		status = add_segments(file, image, error);
	}
	if (status != PLINTH_OK) {
		return status;
	}
	if (image->segment_count == 0) {
		return loader_fail(error, "kernel: ELF has nothing to load");
	}
	if (image->entry == 0 || !is_aligned(image->entry, INSTRUCTION_SIZE)) {
		return loader_fail(error, "kernel: ELF starts at 0x%llx, in none of its segments",
			(unsigned long long)kernel_file_u64(file, ENTRY_OFFSET));
	}
	image->kind = KERNEL_ELF;
	return PLINTH_OK;
}
