/* SPDX-License-Identifier: Apache-2.0 */
/* Files that people take for an arm64 kernel. */
#include "base/checked.h"
#include "base/compiler.h"
#include "kernel_formats.h"

#define PE_POINTER_OFFSET 0x3cU
#define PE_MACHINE_OFFSET 4U

struct machine_name {
	uint16_t machine;
	const char *name;
};

static const char *find_machine(
	const struct machine_name *names, size_t count, uint16_t machine, const char *otherwise)
{
	for (size_t i = 0; i < count; i++) {
		if (names[i].machine == machine) {
			return names[i].name;
		}
	}
	return otherwise;
}

const char *kernel_elf_machine_name(uint16_t machine)
{
	static const struct machine_name names[] = {
		{3, "x86"},
		{8, "MIPS"},
		{20, "PowerPC"},
		{21, "64-bit PowerPC"},
		{22, "S/390"},
		{40, "32-bit Arm"},
		{62, "x86-64"},
		{243, "RISC-V"},
		{258, "LoongArch"},
	};

	return find_machine(names, ARRAY_SIZE(names), machine, "an unknown CPU");
}

/* An arm64 one with an Image header has been recognised as such before. */
static const char *pe_name(const struct kernel_file *file)
{
	static const struct machine_name names[] = {
		{0x014c, "an EFI program for x86"},
		{0x01c2, "an EFI program for 32-bit Arm"},
		{0x5064, "an EFI program for RISC-V"},
		{0x6264, "an EFI program for LoongArch"},
		{0x8664, "an EFI program for x86-64"},
		{0xaa64, "an EFI program for arm64 without a Linux Image header: "
			 "it needs firmware"},
	};
	uint32_t header;

	if (!kernel_file_has(file, 0, "MZ", 2) || file->size < PE_POINTER_OFFSET + 4) {
		return NULL;
	}
	header = kernel_file_u32(file, PE_POINTER_OFFSET);
	if (!kernel_file_has(file, header, "PE\0", 4) ||
		!range_contains(0, file->size, header, PE_MACHINE_OFFSET + 2)) {
		return NULL;
	}
	return find_machine(names, ARRAY_SIZE(names),
		kernel_file_u16(file, (uint64_t)header + PE_MACHINE_OFFSET),
		"an EFI program for an unknown CPU");
}

const char *kernel_foreign_name(const struct kernel_file *file)
{
	static const struct {
		uint64_t offset;
		const char *bytes;
		size_t length;
		const char *name;
	} magics[] = {
		{0x202, "HdrS", 4, "an x86 Linux kernel (bzImage)"},
		{0x24, "\x18\x28\x6f\x01", 4, "a 32-bit Arm Linux kernel (zImage)"},
		{56, "RSC\x05", 4, "a RISC-V Linux kernel"},
		{0, "\x1f\x8b", 2, "gzip inside gzip"},
		{0,
			"\xfd"
			"7zXZ\0",
			6, "xz-compressed: of compressed kernels only gzip is supported"},
		{0, "\x28\xb5\x2f\xfd", 4,
			"zstd-compressed: of compressed kernels only gzip is supported"},
		{0, "\x04\x22\x4d\x18", 4,
			"lz4-compressed: of compressed kernels only gzip is supported"},
		{0, "\x02\x21\x4c\x18", 4,
			"lz4-compressed: of compressed kernels only gzip is supported"},
		{0, "BZh", 3, "bzip2-compressed: of compressed kernels only gzip is supported"},
		{0, "\x27\x05\x19\x56", 4, "a U-Boot image: give the kernel inside it"},
		{0, "\xd0\x0d\xfe\xed", 4, "a devicetree"},
		{0, "070701", 6, "a cpio archive"},
		{0, "!<arch>\n", 8, "an ar archive (a package?)"},
		{0, "#!", 2, "a script"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(magics); i++) {
		if (kernel_file_has(file, magics[i].offset, magics[i].bytes, magics[i].length)) {
			return magics[i].name;
		}
	}
	return pe_name(file);
}
