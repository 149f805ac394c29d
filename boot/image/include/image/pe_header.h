/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Assembly macro: the PE/COFF headers that make a flat image an EFI application (Microsoft's PE
 * format; UEFI 2.10, 2.1.1). A file offset is an address in memory: the file is an arm64 Image too.
 *
 * Two sections, on pages of their own: text (RX) and data (RW, .bss behind it). No relocations:
 * the program relocates itself. What lies between the headers and the text is not to be relied on:
 * a loader may leave it out.
 *
 * The linker script gives the numbers, as absolute symbols:
 *   pe_text		offset of the text, a multiple of PE_PAGE
 *   pe_text_size	multiple of PE_PAGE
 *   pe_data		offset of the data: pe_text + pe_text_size
 *   pe_data_file_size	of the data in the file, a multiple of PE_FILE_UNIT
 *   pe_data_size	of the data in memory, a multiple of PE_PAGE
 *   pe_size		of everything in memory
 *   pe_entry		offset of the EFI entry point: x0 = image handle, x1 = system table
 */
/* clang-format off */
#ifndef IMAGE_PE_HEADER_H
#define IMAGE_PE_HEADER_H

#define PE_PAGE	     4096
#define PE_FILE_UNIT 512

#define PE_MACHINE_ARM64	 0xaa64
#define PE_OPTIONAL_MAGIC	 0x20b	/* PE32+ */
#define PE_FILE_FLAGS		 0x020e	/* executable, no line numbers, symbols, debug */
#define PE_SUBSYSTEM_EFI_APP	 10
#define PE_DLL_FLAGS		 0x0100	/* NX_COMPAT: text is never written, data never executed */
#define PE_DIRECTORY_COUNT	 6
#define PE_TEXT_FLAGS		 0x60000020	/* code, R, X */
#define PE_DATA_FLAGS		 0xc0000040	/* initialized data, R, W */

/* start: the file's first byte. */
	.macro	pe_header start
	.ascii	"PE\0\0"
	.hword	PE_MACHINE_ARM64
	.hword	2			/* sections */
	.word	0, 0, 0			/* time: none, so that a build is repeatable; symbols */
	.hword	.Lpe_sections - .Lpe_optional
	.hword	PE_FILE_FLAGS
.Lpe_optional:
	.hword	PE_OPTIONAL_MAGIC
	.byte	0, 0			/* linker's version */
	.word	pe_text_size, pe_data_file_size, 0
	.word	pe_entry
	.word	pe_text			/* base of code */
	.quad	0			/* image base */
	.word	PE_PAGE, PE_FILE_UNIT
	.hword	0, 0, 0, 0, 0, 0	/* versions of operating system, image, subsystem */
	.word	0
	.word	pe_size
	.word	PE_PAGE			/* headers, padded up to the text */
	.word	0			/* checksum: EFI has none */
	.hword	PE_SUBSYSTEM_EFI_APP
	.hword	PE_DLL_FLAGS
	.quad	0, 0, 0, 0		/* stack and heap: the firmware's business */
	.word	0
	.word	PE_DIRECTORY_COUNT
	.fill	PE_DIRECTORY_COUNT, 8, 0
.Lpe_sections:
	.ascii	".text\0\0\0"
	.word	pe_text_size, pe_text, pe_text_size, pe_text
	.word	0, 0, 0
	.word	PE_TEXT_FLAGS
	.ascii	".data\0\0\0"
	.word	pe_data_size, pe_data, pe_data_file_size, pe_data
	.word	0, 0, 0
	.word	PE_DATA_FLAGS
	.if	. - \start > PE_PAGE
	.error	"the headers do not fit before the text"
	.endif
	.endm

#endif
