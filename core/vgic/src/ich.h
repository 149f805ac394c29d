/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fields of the virtual interface control registers (IHI 0069, 12.4). GICH_* of GICv2 agree in all
 * of them but TDIR, which it lacks.
 */
#ifndef VGIC_ICH_H
#define VGIC_ICH_H

#include "base/bits.h"

#define ICH_HCR_EN	       BIT(0)
#define ICH_HCR_LRENPIE	       BIT(2)
#define ICH_HCR_NPIE	       BIT(3)
#define ICH_HCR_VGRP0EIE       BIT(4)
#define ICH_HCR_VGRP0DIE       BIT(5)
#define ICH_HCR_VGRP1EIE       BIT(6)
#define ICH_HCR_VGRP1DIE       BIT(7)
#define ICH_HCR_TDIR	       BIT(14)
#define ICH_HCR_EOICOUNT_SHIFT 27U
#define ICH_HCR_EOICOUNT_WIDTH 5U

#define ICH_VMCR_VENG0	     BIT(0)
#define ICH_VMCR_VENG1	     BIT(1)
#define ICH_VMCR_VCBPR	     BIT(4)
#define ICH_VMCR_VEOIM	     BIT(9)
#define ICH_VMCR_VBPR1_SHIFT 18U
#define ICH_VMCR_VBPR1_WIDTH 3U
#define ICH_VMCR_VBPR0_SHIFT 21U
#define ICH_VMCR_VBPR0_WIDTH 3U
#define ICH_VMCR_VPMR_SHIFT  24U
#define ICH_VMCR_VPMR_WIDTH  8U

#define ICH_VTR_LISTREGS_SHIFT 0U
#define ICH_VTR_LISTREGS_WIDTH 5U /* 6 in GICv2 */
#define ICH_VTR_TDS	       BIT(19)
#define ICH_VTR_PREBITS_SHIFT  26U
#define ICH_VTR_PREBITS_WIDTH  3U
#define ICH_VTR_PRIBITS_SHIFT  29U
#define ICH_VTR_PRIBITS_WIDTH  3U

#endif
