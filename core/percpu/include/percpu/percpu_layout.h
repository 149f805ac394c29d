/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Offsets in struct percpu for assembly, asserted in percpu.c.
 */
#ifndef PERCPU_PERCPU_LAYOUT_H
#define PERCPU_PERCPU_LAYOUT_H

#define PERCPU_CURRENT		  0
#define PERCPU_STACK_TOP	  8
#define PERCPU_OVERFLOW_STACK_TOP 16
#define PERCPU_DEFENCE_ARGUMENT	  24

#endif
