/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtual CPU interface of the CPU that we run on, as both generations have it. List registers
 * are given in GICv3's format (vgic_lr.h); the GICv2 backend translates. HCR, VMCR, EISR
 * and ELRSR have one format in both, in the bits that we use.
 */
#ifndef VGIC_VGIC_HW_H
#define VGIC_VGIC_HW_H

#include <stdint.h>

#include "base/status.h"

#define VGIC_LR_MAX  16U /* that we use; GICv2 could have 64 */
#define VGIC_APR_MAX 4U

struct vgic_hw {
	uint8_t lr_count;      /* 1 to VGIC_LR_MAX */
	uint8_t priority_bits; /* 4 to 8, virtual */
	uint8_t apr_count;     /* active-priority registers of each group: 1, 2 or 4 */
	uint8_t has_tdir;      /* ICC_DIR can be trapped by itself */
	uint64_t (*read_lr)(unsigned n);
	void (*write_lr)(unsigned n, uint64_t lr);
	uint32_t (*read_hcr)(void);
	void (*write_hcr)(uint32_t v);
	uint32_t (*read_vmcr)(void);
	void (*write_vmcr)(uint32_t v);
	uint32_t (*read_apr)(unsigned group, unsigned n);
	void (*write_apr)(unsigned group, unsigned n, uint32_t v);
	uint32_t (*read_elrsr)(void); /* bit n: list register n is empty, no EOI to report */
	uint32_t (*read_eisr)(void);  /* bit n: n has an EOI to report */
	uint32_t (*read_vtr)(void);
};

/* Called once, on the boot CPU, before any vgic_init; all CPUs must be alike (checked by each
 * one's own call of *_check). The result lives for ever. */

/* GICv3, by ICH_* registers. ENOTSUP: ICH_VTR_EL2 makes no sense. */
enum plinth_status vgic_hw_v3_init(const struct vgic_hw **hw);

/* GICv2, by GICH at EL2 virtual address `gich`. ENOTSUP: GICH_VTR makes no sense. */
enum plinth_status vgic_hw_v2_init(uintptr_t gich, const struct vgic_hw **hw);

/* On each CPU: list registers empty, interface off. EINVAL: fewer list registers or priority bits
 * than `hw` says. */
enum plinth_status vgic_hw_check(const struct vgic_hw *hw);

#endif
