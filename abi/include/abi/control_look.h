/* SPDX-License-Identifier: Apache-2.0 */
/* CONTROL_LOOK: a look into a VM's address space. */
#ifndef ABI_CONTROL_LOOK_H
#define ABI_CONTROL_LOOK_H

#include <stdint.h>

enum control_look_kind {
	CONTROL_LOOK_SCAN = 0,
	CONTROL_LOOK_FIND_KERNEL = 1,
	CONTROL_LOOK_TRANSLATE = 2,
	CONTROL_LOOK_MEMORY = 3,
};

#define CONTROL_LOOK_EXEC     UINT32_C(0x1) /* scan: execute permission too */
#define CONTROL_LOOK_WX	      UINT32_C(0x2) /* of these what may be written and executed */
#define CONTROL_LOOK_EL0      UINT32_C(0x4) /* what EL0 may do, instead of EL1 */
#define CONTROL_LOOK_BOTH     UINT32_C(0x8)
#define CONTROL_LOOK_GPA      UINT32_C(0x10) /* a range ends where the GPA jumps */
#define CONTROL_LOOK_ALL      UINT32_C(0x1f)
#define CONTROL_LOOK_ANY_VCPU UINT32_C(0xffffffff)

struct control_look {
	uint32_t kind;
	uint32_t flags;
	uint32_t vcpu; /* or CONTROL_LOOK_ANY_VCPU */
	uint32_t reserved;
	uint64_t from;
	uint64_t to; /* inclusive */
};

#endif
