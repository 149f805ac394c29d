/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM as an ELF core (ELF-64, ET_CORE, EM_AARCH64), the way of Linux's kdump and QEMU's
 * dump-guest-memory:
 *
 *   0              headers, written last: a file without them is a dump that did not end
 *   DUMP_NOTES     PT_NOTE: for each vCPU NT_PRSTATUS, NT_FPREGSET and all that Plinth tells of it
 *                  (DUMP_NOTE_NAME, DUMP_NOTE_REGISTERS: struct control_registers), and Linux's
 *                  VMCOREINFO if its note was found in RAM
 *   DUMP_MEMORY    RAM, as long as it is; the first PT_LOAD, whose virtual addresses are the
 *                  physical ones
 *
 * More PT_LOADs show pieces of RAM once more, at the kernel's virtual addresses.
 *
 * crash (its netdump.c) takes an ELF core for one of kdump if PT_NOTE is the first header and the
 * first PT_LOAD has no alignment; it reads notes in front of that PT_LOAD's bytes alone, and goes
 * by their type, whatever their name is.
 */
#ifndef PLINTHCTL_DUMP_H
#define PLINTHCTL_DUMP_H

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "plinth/control.h"

#define DUMP_NOTES	    UINT64_C(0xc0000)
#define DUMP_MEMORY	    UINT64_C(0x100000)
#define DUMP_SEGMENTS	    ((DUMP_NOTES - sizeof(Elf64_Ehdr)) / sizeof(Elf64_Phdr) - 1U)
#define DUMP_INFO_MAX	    4096U /* bytes of VMCOREINFO: Linux's own limit */
#define DUMP_NOTE_NAME	    "Plinth"
#define DUMP_NOTE_REGISTERS 0U /* none of those that are NT_something to crash and gdb */

/* A piece of RAM at a virtual address. */
struct dump_segment {
	uint64_t virtual;
	uint64_t physical;
	uint64_t size;
	bool is_writable;
};

/* What the file is made of beside RAM's bytes. */
struct dump_elf {
	FILE *file;
	uint64_t ram_base;
	uint64_t ram_size;
	struct dump_segment *segment; /* RAM is not among them */
	size_t segment_count;	      /* DUMP_SEGMENTS - 1 at most */
	uint64_t note_size;	      /* all notes so far */
};

/* Adds a note behind those that are there; the file stands behind it then. All of them fit, with
 * VM_VCPU_MAX vCPUs and DUMP_INFO_MAX bytes of VMCOREINFO. */
void dump_note(
	struct dump_elf *elf, const char *name, uint32_t type, const void *bytes, uint32_t size);

/* The notes of a vCPU; thread `id` + 1 to a debugger. */
void dump_vcpu(struct dump_elf *elf, uint32_t id, const struct control_registers *registers);

/* The headers, at the start of the file. */
void dump_headers(const struct dump_elf *elf);

#endif
