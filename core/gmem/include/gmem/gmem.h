/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM's memory: RAM, and ranges beside it (abi/vm_config.h). Populated at first touch from images
 * and zeroes, kept coherent, and the one door through which Plinth reads and writes guest memory.
 *
 * Locks: every function takes gmem->lock (LOCK_RANK_S2) itself, and pmem's below it; none may be
 * called with a lock of LOCK_RANK_S2 or above held. Any number of CPUs may call at once, while
 * vCPUs of the VM run. gmem_init, gmem_fini_step, gmem_reset_step and gmem_start want the VM's
 * vCPUs stopped.
 */
#ifndef GMEM_GMEM_H
#define GMEM_GMEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/vm_config.h"
#include "base/status.h"
#include "base/types.h"
#include "coh/coh.h"
#include "lock/lock.h"
#include "s2/s2.h"

enum gmem_access { GMEM_READ, GMEM_WRITE, GMEM_FETCH };

/* One stage-2 abort, decoded by the caller (DDI 0487, D19.2, ESR_EL2, HPFAR_EL2). A cache
 * maintenance instruction counts as a read. */
struct gmem_fault {
	ipa_t ipa;		 /* any byte of the page */
	enum gmem_access access; /* FETCH: EC 0x20 */
	bool table_walk; /* S1PTW: the guest's own table walk; then never a fetch, whatever EC says
			  */
	bool permission; /* permission fault, not translation: for the counters alone */
};

enum gmem_result {
	GMEM_RESUME,  /* mapped, or another vCPU's fault did it, or was at something long: let the
		       * guest try again */
	GMEM_NOT_RAM, /* no memory of this VM: MMIO or a hole */
	GMEM_DENIED,  /* memory, but the VM may not do that with it (read-only, lent, given away) */
	GMEM_NOMEM,   /* no page was to be had: never for a guaranteed VM; nothing has changed */
};

/* Counters, under the lock; read without it for display alone. */
struct gmem_counters {
	uint64_t fault_read; /* translation faults by kind */
	uint64_t fault_write;
	uint64_t fault_fetch;
	uint64_t fault_table_walk;
	uint64_t upgrade_write; /* by a copy of an image's page */
	uint64_t raced;		/* another vCPU had done it */
	uint64_t map_4k;	/* leaves mapped by size */
	uint64_t map_2m;
	uint64_t map_1g;
	uint64_t map_in_place; /* of those, leaves that show an image's own memory */
	uint64_t revoked;      /* leaves that lost execute permission before Plinth wrote */
	uint64_t split;	       /* blocks replaced by tables */
	uint64_t upgrade_exec; /* permission faults answered by XN to X */
	struct coh_counters coh;
};

#define GMEM_SECRET_SIZE 256U /* all RANDOM and TOKEN images of a VM together */

#define GMEM_OFF_RUN_MAX 64U

/* RAM, or a range beside it. */
struct gmem_area {
	uint64_t ipa;
	uint64_t size;
	bool read_only;
};

#define GMEM_AREA_MAX (1U + VM_RANGE_MAX)

/* A debugger's breakpoint: BRK #0x504c, in the place of another word. */
#define GMEM_PATCH_MAX	32U
#define GMEM_PATCH_IMM	UINT32_C(0x504c)
#define GMEM_PATCH_WORD (UINT32_C(0xd4200000) | GMEM_PATCH_IMM << 5)

struct gmem_patch {
	ipa_t ipa;
	uint32_t original;
};

struct gmem {
	struct lock lock; /* LOCK_RANK_S2: protects all below that is not immutable */
	struct s2_space space;
	uint32_t area_count; /* immutable after gmem_init, down to image[] */
	uint32_t image_count;
	struct gmem_area area[GMEM_AREA_MAX]; /* the first is RAM */
	bool eager; /* maintain each page when it is mapped, not when it is executed */
	bool overcommit;
	bool direct; /* RAM is the memory at its own addresses: devices write to it */
	bool to_poc; /* others start with caches off when the first runs: fetch from PoC, too */
	uint8_t fetch_reason; /* enum coh_reason: for whom first fetches are maintained */
	struct vm_image image[VM_IMAGE_MAX];
	pa_t zeroes;	  /* the page that shows what no image fills of read-only areas; 0: none */
	uint64_t promise; /* pages that pmem keeps for this VM and that it has not taken yet */
	uint64_t relinquished; /* pages of RAM that it has neither memory nor a promise for */
	uint64_t fini_next;    /* gmem_fini_step(): below this nothing is left */
	uint64_t copy_pages;   /* of images in read-only areas: immutable, too */
	uint64_t retake_next;  /* below this are none of them; gmem_retake_step() alone */
	bool was_touched;      /* see gmem_relinquish() */
	uint64_t used; /* pages of the VM's own memory now; images' pages in place don't count */
	bool mmu_off;  /* a vCPU accesses memory past the caches; never with FWB */
	bool hide_all; /* what is shown is of the run before: nobody maintained anything */
	/* While mmu_off: what is mapped before this (area[hide_area], its address) was maintained,
	 * or faults. */
	uint32_t hide_area;
	uint64_t hide_next;
	/* What was mapped meanwhile: ipa | pages - 1. More than fit: off_run_count is one above. */
	uint64_t off_run[GMEM_OFF_RUN_MAX];
	uint32_t off_run_count;
	struct gmem_counters counters;
	uint32_t patch_count;			 /* atomic: read without the lock, too */
	struct gmem_patch patch[GMEM_PATCH_MAX]; /* by ascending ipa */
	uint8_t secret[GMEM_SECRET_SIZE]; /* content of RANDOM and TOKEN images, in image order */
};

/* From a config that vm_config_check (core/vm) has passed; copies what it needs. Nothing is mapped.
 * EINVAL: an image outside the VM's memory, or more than GMEM_SECRET_SIZE bytes of secrets. ENOMEM:
 * the guaranteed memory is not to be had; not guaranteed, it is more than the machine has. On
 * failure nothing is held. */
enum plinth_status gmem_init(struct gmem *gmem, const struct vm_config *config);

/* Content of one RANDOM or TOKEN image (kind: enum vm_image_kind). */
typedef void gmem_secret_fn(void *ctx, uint32_t kind, void *buf, size_t size);

/* Before each start: fetches the images' secrets, and sets the caches to off. No RAM may be mapped
 * from a former run (gmem_reset_step); ranges are as that run left them. ENOMEM: what a former run
 * relinquished is in others' hands, and the VM without its guarantee. */
enum plinth_status gmem_start(struct gmem *gmem, gmem_secret_fn *fill, void *ctx);

/* After gmem_start(), before a vCPU runs: one bounded step of copying the images that the guest
 * will write most of (VM_IMAGE_FLAG_WRITTEN), or of laying out all of RAM (direct), 2 MiB. EAGAIN:
 * call again, with the same cursor (start: ipa 0). OK: done. What is left out, then or for lack of
 * memory, is copied when the guest touches it.
 */
enum plinth_status gmem_prepare_step(struct gmem *gmem, ipa_t *cursor);

/* One bounded step of dropping all pages of the VM's RAM; the reservation stays, and all that lies
 * outside RAM: ranges, and what gmem_map_* mapped. EAGAIN: call again. OK: all gone, gmem_start may
 * follow. */
enum plinth_status gmem_reset_step(struct gmem *gmem);

/* The same for all memory, and at its end gives back tables and reservation; accepts a gmem of
 * zeroes, and a second call after OK. */
enum plinth_status gmem_fini_step(struct gmem *gmem);

/* Answers a stage-2 fault of one of the VM's vCPUs, by the CPU that took it: brings what lies
 * there, copies it, or opens it for execution, clean for fetches. A walk of the guest's tables for
 * a fetch is a read of them. */
enum gmem_result gmem_fault(struct gmem *gmem, const struct gmem_fault *fault);

/* Ahead of gmem_fault(): a vCPU that is loaded on this CPU may not fetch from the page (EC 0x20, a
 * permission fault, not S1PTW). True: let it try again, gmem_fault() would have done so, only
 * quicker. False: nothing was done, and gmem_fault() is to be asked. */
bool gmem_fetch(struct gmem *gmem, ipa_t page);

/* For Plinth's own reading and writing. Any alignment and size. A read populates nothing; a write
 * brings or copies no more than the pages that it touches, one by one. It takes execute permission
 * off them first, so the next fetch is maintained.
 * EFAULT: part of it is no memory of this VM, or not the VM's to touch so (nothing is copied if the
 * first byte is, else up to there). ENOMEM. */
enum plinth_status gmem_read(struct gmem *gmem, ipa_t ipa, void *buf, size_t size);
enum plinth_status gmem_write(struct gmem *gmem, ipa_t ipa, const void *buf, size_t size);

/* Brings the page at ipa, alone, as a read by the guest does, or as a write: for a walk by the CPU
 * that is to find a table there, or is to set flags in it, or for a write that must not fail later.
 * OK: it was there, and nothing was done. EAGAIN: it is there now, and that took long. EFAULT,
 * ENOMEM as gmem_read and gmem_write. */
enum plinth_status gmem_bring(struct gmem *gmem, ipa_t ipa, bool write);

/* A piece of memory, inside one page. */
struct gmem_part {
	ipa_t ipa;
	size_t size;
	union {
		void *to;	  /* of a read */
		const void *from; /* of a write */
	};
};

/* The same for a few pieces in turn, under one lock, which is held as long as all of it takes:
 * little, then. What stands before one that fails is copied. */
enum plinth_status gmem_copy_parts(
	struct gmem *gmem, const struct gmem_part *parts, unsigned count, bool write);

/* A 32-bit little-endian word (an instruction); ipa 4-byte aligned, else EINVAL. */
enum plinth_status gmem_read_u32(struct gmem *gmem, ipa_t ipa, uint32_t *value);

/* True if [ipa, ipa + size) lies in the VM's RAM, or in one of its ranges. */
bool gmem_is_memory(const struct gmem *gmem, ipa_t ipa, uint64_t size);

/* The byte at ipa, in RAM alone: at little cost. */
static inline bool gmem_is_ram(const struct gmem *gmem, ipa_t ipa)
{
	return ipa.v - gmem->area[0].ipa < gmem->area[0].size;
}

/* As gmem_is_memory(), and the guest may write there. */
bool gmem_is_writable(const struct gmem *gmem, ipa_t ipa, uint64_t size);

/* A vCPU starts with MMU and caches off (gmem_start implies it for the first): before it runs, one
 * bounded step of seeing to it that it finds at PoC all that the guest did not write itself,
 * whoever has touched it with the caches on. What is shown from the first step on is maintained;
 * what was shown before faults again at its next touch, and is maintained then. EAGAIN: call again;
 * OK: it may run. */
enum plinth_status gmem_caches_off(struct gmem *gmem);

/* The last vCPU with caches off turned them on (HCR_EL2.TVM saw SCTLR_EL1.M and C). One bounded
 * step over the present pages from *cursor (start: ipa 0); EAGAIN: call again, else OK. */
enum plinth_status gmem_caches_on(struct gmem *gmem, ipa_t *cursor);

/* A trapped set/way operation: cleans and invalidates the VM's present pages, in bounded steps, as
 * gmem_caches_on. Once for a series: the caller then traps SCTLR_EL1 (TVM) and does nothing for
 * further ones until the guest turns its caches on or off. */
enum plinth_status gmem_set_way(struct gmem *gmem, ipa_t *cursor);

/*
 * Memory that the guest itself gives away, for a while or for good (a balloon). `level` is
 * S2_LEVEL_4K or S2_LEVEL_2M, ipa is aligned to its size, else EINVAL; ERANGE: not all of it is
 * RAM. ENOTSUP: direct: devices may still write to it.
 *
 * gmem_relinquish() takes it from the VM, with the promise of it: gone from stage 2 and every TLB
 * on return, free for others. EEXIST: part of it is relinquished already. EPERM: part of it is
 * shared or lent. ENOMEM: no table to note it in.
 * gmem_retake() makes it RAM again, which is there at the next touch and reads as zero. ENOENT: not
 * relinquished, or in other pieces. ENOMEM: others have the memory (without `overcommit`; with it,
 * memory is looked for at the touch alone), nothing has changed.
 *
 * A guest's own touch of such a page retakes it by itself, as 4 KiB, where there is memory, and is
 * noted; else it is GMEM_DENIED, with `overcommit` GMEM_NOMEM. Plinth's own is EFAULT. At most one
 * table of leaves changes.
 */
enum plinth_status gmem_relinquish(struct gmem *gmem, ipa_t ipa, unsigned level);
enum plinth_status gmem_retake(struct gmem *gmem, ipa_t ipa, unsigned level);

/* One bounded step of retaking everything. EAGAIN: call again; ENOMEM: as above, try later; OK:
 * nothing is relinquished any more, nor noted as touched. Nothing may be relinquished meanwhile. */
enum plinth_status gmem_retake_step(struct gmem *gmem);

/* Has the guest touched what it had relinquished, since gmem_retake_step() was OK? */
bool gmem_was_touched(struct gmem *gmem);

/* Pages that are relinquished now. */
uint64_t gmem_relinquished(struct gmem *gmem);

/*
 * A debugger's breakpoints in RAM, GMEM_PATCH_MAX at most. While one is there, gmem_read() and
 * gmem_read_u32() show the word that it has replaced, and gmem_write() changes that; but where the
 * guest has written over it, it is the guest's memory as it is. A reset of the memory forgets them.
 *
 * gmem_patch(): EINVAL: not 4-byte aligned, or not RAM. EEXIST. ENOMEM: too many, or no page to be
 * had. EFAULT: it was given away. gmem_unpatch(): ENOENT. gmem_unpatch_step(): takes one of them
 * away; EAGAIN: there are more. Both: what gmem_write() says; then it is still there.
 */
enum plinth_status gmem_patch(struct gmem *gmem, ipa_t ipa);
enum plinth_status gmem_unpatch(struct gmem *gmem, ipa_t ipa);
enum plinth_status gmem_unpatch_step(struct gmem *gmem);
bool gmem_is_patched(struct gmem *gmem, ipa_t ipa);

/* Maps a host device's pages (assignment, GICV) as Device-nGnRE, never executable, page by page.
 * EINVAL: not page-aligned. EEXIST: overlaps memory or a mapping. ERANGE. ENOMEM: part of it may be
 * mapped, gmem_fini_step removes it. */
enum plinth_status gmem_map_device(struct gmem *gmem, ipa_t ipa, pa_t pa, uint64_t size);

/* Maps pages of Plinth's own (PV time) as Normal memory that the guest can read alone: a write or a
 * fetch is GMEM_DENIED. They stay the caller's, who keeps them until gmem_fini_step is through;
 * what they hold now is sent to PoC, what the caller writes later is for guests with their caches
 * on. Status as gmem_map_device. */
enum plinth_status gmem_map_readonly(struct gmem *gmem, ipa_t ipa, pa_t pa, uint64_t size);

#endif
