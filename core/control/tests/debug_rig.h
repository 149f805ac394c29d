/* SPDX-License-Identifier: Apache-2.0 */
/* A debugger of rig.other. */
#ifndef DEBUG_RIG_H
#define DEBUG_RIG_H

#include <stdint.h>

#include "control_rig.h"

extern uint32_t debug_ticket; /* of the session, by debug_attach() */

enum control_status debug_call(enum control_call call, uint64_t arg, uint32_t size);

/* Fixtures of cmocka. Of the group: a CPU with six breakpoints and four watchpoints. After each
 * test: no session is left. */
int debug_group_setup(void **state);
int debug_teardown(void **state);

/* To their ends, by as many calls as that takes. */
enum control_status debug_attach(void);
enum control_status debug_detach(void);

enum control_status debug_resume(uint64_t how);

/* How many have stopped; the list is in rig.memory. */
uint64_t debug_stops(void);

/* rig.other's vCPU 0 on this CPU. */
struct vcpu *debug_on_cpu(void);

void debug_pass(uint64_t seconds);

#endif
