/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The domain builder: from a bundle (a newc cpio archive with one folder per VM, docs/vm.md) to
 * one struct vm_config per VM. Pure: it touches the bundle, the scratch area and what `ops` gives
 * it, keeps no state between calls, and trusts no byte of the bundle. It runs in boot/ (MMU,
 * caches and FP on: libfdt and zlib want them) and in Linux programs.
 */
#ifndef LOADER_LOADER_H
#define LOADER_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/vm_config.h"
#include "base/status.h"
#include "base/types.h"

/* A vm.dtb may be this large; more is an error of that VM. */
#define LOADER_VM_DTB_MAX KIB(256)
/* Working memory: for one VM at a time an aligned copy of its vm.dtb, zlib's state, and what is
 * known of it so far; and the bundle's entries. */
#define LOADER_ZLIB_SIZE     KIB(64)
#define LOADER_BUILD_SIZE    KIB(8)
#define LOADER_VM_SIZE	     (LOADER_VM_DTB_MAX + LOADER_ZLIB_SIZE + LOADER_BUILD_SIZE)
#define LOADER_INDEX_SIZE    KIB(160)
#define LOADER_SCRATCH_SIZE  (LOADER_VM_SIZE + LOADER_INDEX_SIZE)
#define LOADER_SCRATCH_ALIGN 16U

/* Plinth's own firmware for VMs, at the bundle's top. */
#define LOADER_FIRMWARE_FILE "plinth-fw.bin"

/* Page sizes that guests can use (ID_AA64MMFR0_EL1.TGRAN4, TGRAN64, TGRAN16). */
#define LOADER_GRANULE_4K  0x1U
#define LOADER_GRANULE_16K 0x2U
#define LOADER_GRANULE_64K 0x4U

struct loader_ops {
	/* Memory that lives as long as the VMs: a guest's devicetree, a decompressed kernel, RAM of
	 * a VM with memory-direct. `size` is a multiple of PAGE_SIZE, `align` PAGE_SIZE, BLOCK_2M,
	 * or for RAM BLOCK_1G (of *pa). The contents need not be zero. On success *va is where the
	 * loader writes it, *pa where the core reads it; cache maintenance, if any, is the
	 * caller's. PLINTH_ENOMEM: there is none. */
	enum plinth_status (*alloc)(void *ctx, uint64_t size, uint64_t align, pa_t *pa, void **va);
	/* Gives back the latest allocation that has not been given back, with the arguments and
	 * results that it had: a VM turned out to be broken. */
	void (*free)(void *ctx, uint64_t size, pa_t pa, void *va);
	/* Physical address of a byte of the bundle, which must be physically contiguous and stay
	 * where it is: kernels and initrds are used in place. */
	pa_t (*pa_of)(void *ctx, const void *ptr);
	/* May a guest have these whole pages of the machine: is no RAM in them, nor a device that
	 * Plinth uses? NULL: no guest has any. */
	bool (*is_spare)(void *ctx, uint64_t base, uint64_t size);
	/* One line for people, printable ASCII without a newline, valid during the call. */
	void (*report)(void *ctx, const char *text);
};

/* What the machine offers to VMs. */
struct loader_host {
	uint32_t gic_version;	  /* of the guests' view: 2 or 3 */
	uint32_t cpu_count;	  /* 1 to CPU_MAX: affinity is checked against it */
	uint32_t ipa_bits;	  /* a VM's RAM ends below 2^ipa_bits: 32 to 52 */
	uint32_t granules;	  /* LOADER_GRANULE_*; 0: unknown, nothing is refused */
	uint32_t timer_frequency; /* Hz, for guests' devicetrees; 0: CNTFRQ_EL0 is right */
	bool has_entropy;	  /* the core can fill seeds: guests get kaslr-seed and rng-seed */
	uint64_t free_memory;	  /* bytes for VMs: RAM and overhead, and what `alloc` takes */
	/* The devicetree that describes the machine, aligned to 8, for VMs that are to have devices
	 * of it; NULL: there is none. */
	const void *fdt;
	uint64_t fdt_size;
	uint32_t uart_intid; /* of Plinth's own console; 0: none */
	bool has_fwb;	     /* FEAT_S2FWB: guests' memory is cached whatever they say */
};

struct loader {
	const struct loader_ops *ops;
	void *ctx; /* for ops */
	struct loader_host host;
	/* LOADER_SCRATCH_SIZE bytes at LOADER_SCRATCH_ALIGN, with whatever is there; reusable
	 * afterwards. */
	void *scratch;
};

/*
 * Builds configs[0 .. *count) from the `size` bytes at `bundle` (aligned to 4), in the archive's
 * order. At most `max` VMs (at least 1) are built; one line is reported where there are more.
 *
 * Each VM that cannot be built is reported in one line, `VM "name": property: cause`, and left
 * out; trouble with the archive itself in one line that starts with `bundle:`. VMs that lie before
 * the place where an archive breaks off are built. Memory for the VMs is counted in the archive's
 * order: a VM that no longer fits is left out, smaller ones after it may fit.
 *
 * configs[i] names bytes of the bundle and of `ops->alloc` as image sources; both must stay.
 *
 * PLINTH_OK: *count is at least 1. PLINTH_EINVAL: no newc archive, or broken before its first VM.
 * PLINTH_ENOENT: an archive without any VM, or without one that could be built. In both cases
 * *count is 0 and the cause has been reported.
 */
enum plinth_status loader_load(const struct loader *loader, const void *bundle, size_t size,
	struct vm_config *configs, size_t max, size_t *count);

#endif
