/* SPDX-License-Identifier: Apache-2.0 */
/* The ELF side of plinthctl dump. What cannot be written is seen by ferror() at the end. */
#include "dump.h"

#include <string.h>
#include <sys/procfs.h>
#include <sys/user.h>

#include "abi/vm_config.h"
#include "base/compiler.h"

#define NOTE_ALIGN  4U
#define PSTATE_MODE UINT64_C(0xf)
#define PSTATE_EL1H UINT64_C(0x5)	       /* the one mode of guests with SP_EL1 */
#define NOTE_HEAD   (sizeof(Elf64_Nhdr) + 12U) /* with a name of up to 12 bytes */
#define VCPU_NOTES                                                                                 \
	(3U * NOTE_HEAD + sizeof(struct elf_prstatus) + sizeof(struct user_fpsimd_struct) +        \
		sizeof(struct control_registers))
#define NOTES_MAX   (VM_VCPU_MAX * VCPU_NOTES + NOTE_HEAD + DUMP_INFO_MAX)
#define SIGNAL_STOP 19 /* what a debugger says the thread stopped by: SIGSTOP */

/* Linux's elf_gregset_t: x0 to x30, sp, pc, pstate. */
STATIC_ASSERT(ELF_NGREG == 34, "elf_gregset_t");
STATIC_ASSERT(sizeof(struct elf_prstatus) == 392, "elf_prstatus");
STATIC_ASSERT(sizeof(struct user_fpsimd_struct) == 528, "user_fpsimd_state");
STATIC_ASSERT(NOTES_MAX <= DUMP_MEMORY - DUMP_NOTES, "all notes");

static void put(struct dump_elf *elf, const void *bytes, uint32_t size)
{
	static const uint8_t padding[NOTE_ALIGN];
	uint32_t pad = (NOTE_ALIGN - size % NOTE_ALIGN) % NOTE_ALIGN;

	fwrite(bytes, 1, size, elf->file);
	fwrite(padding, 1, pad, elf->file);
	elf->note_size += size + pad;
}

void dump_note(
	struct dump_elf *elf, const char *name, uint32_t type, const void *bytes, uint32_t size)
{
	const Elf64_Nhdr header = {
		.n_namesz = (uint32_t)strlen(name) + 1U,
		.n_descsz = size,
		.n_type = type,
	};

	(void)fseeko(elf->file, (off_t)(DUMP_NOTES + elf->note_size), SEEK_SET);
	put(elf, &header, sizeof(header));
	put(elf, name, header.n_namesz);
	put(elf, bytes, size);
}

void dump_vcpu(struct dump_elf *elf, uint32_t id, const struct control_registers *r)
{
	struct elf_prstatus status = {.pr_cursig = SIGNAL_STOP, .pr_pid = (int)id + 1};
	struct user_fpsimd_struct fp = {.fpsr = (uint32_t)r->fpsr, .fpcr = (uint32_t)r->fpcr};

	memcpy(status.pr_reg, r->x, sizeof(r->x));
	status.pr_reg[31] = (r->pstate & PSTATE_MODE) == PSTATE_EL1H ? r->sp_el1 : r->sp_el0;
	status.pr_reg[32] = r->pc;
	status.pr_reg[33] = r->pstate;
	status.pr_fpvalid = 1;
	memcpy(fp.vregs, r->fp, sizeof(r->fp));
	dump_note(elf, "CORE", NT_PRSTATUS, &status, sizeof(status));
	dump_note(elf, "CORE", NT_FPREGSET, &fp, sizeof(fp));
	dump_note(elf, DUMP_NOTE_NAME, DUMP_NOTE_REGISTERS, r, sizeof(*r));
}

static void put_segment(const struct dump_elf *elf, const struct dump_segment *segment)
{
	const Elf64_Phdr header = {
		.p_type = PT_LOAD,
		.p_flags = PF_R | PF_X | (segment->is_writable ? PF_W : 0U),
		.p_offset = DUMP_MEMORY + (segment->physical - elf->ram_base),
		.p_vaddr = segment->virtual,
		.p_paddr = segment->physical,
		.p_filesz = segment->size,
		.p_memsz = segment->size, /* without p_align, as in kdump's */
	};

	fwrite(&header, 1, sizeof(header), elf->file);
}

void dump_headers(const struct dump_elf *elf)
{
	const Elf64_Ehdr header = {
		.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			EV_CURRENT},
		.e_type = ET_CORE,
		.e_machine = EM_AARCH64,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(header),
		.e_ehsize = sizeof(header),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = (uint16_t)(elf->segment_count + 2U),
	};
	const Elf64_Phdr notes = {
		.p_type = PT_NOTE,
		.p_offset = DUMP_NOTES,
		.p_filesz = elf->note_size,
		.p_memsz = elf->note_size,
		.p_align = NOTE_ALIGN,
	};
	const struct dump_segment ram = {elf->ram_base, elf->ram_base, elf->ram_size, true};

	rewind(elf->file);
	fwrite(&header, 1, sizeof(header), elf->file);
	fwrite(&notes, 1, sizeof(notes), elf->file);
	put_segment(elf, &ram);
	for (size_t i = 0; i < elf->segment_count; i++) {
		put_segment(elf, &elf->segment[i]);
	}
}
