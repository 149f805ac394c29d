/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM with `vmware;` and a guest program that speaks as open-vm-tools does.
 */
#ifndef BACKDOOR_RIG_H
#define BACKDOOR_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backdoor/backdoor.h"
#include "caller_rig.h"

#define RIG_LARGE_AT UINT64_C(0x40000000)
#define RIG_LARGE    8U
#define RIG_BUDGET   UINT64_C(0x100000)
#define RIG_JUNK     UINT64_C(0xdeadbeef00000000)
#define RIG_HZ	     UINT64_C(1000)
#define RIG_SUCCESS  1U
#define RIG_DORECV   2U
#define RIG_CLOSED   4U
#define RIG_HB	     0x80U
#define RIG_RPCI     UINT32_C(0x49435052)
#define RIG_TCLO     UINT32_C(0x4f4c4354)
#define RIG_COOKIES  UINT32_C(0x80000000)

struct rig {
	struct backdoor_vm vm;
	uint64_t x[BACKDOOR_REGS];
	struct backdoor_batch batch;
	bool given[RIG_PAGES];	     /* by the balloon */
	bool given_large[RIG_LARGE]; /* from RIG_LARGE_AT on, by 2 MiB */
	bool memory_gone;	     /* nothing can be taken back */
	bool touched;		     /* the guest has touched what it gave */
	unsigned moved;		     /* calls of give and take since the last step began */
	unsigned moved_max;	     /* in one step */
};

extern struct rig rig;

struct rig_channel {
	uint32_t number;
	uint32_t high;
	uint32_t low;
};

/* The machine: once. */
void rig_init(void);

/* A fresh VM with that budget; the one before is given back. */
void rig_start(uint64_t budget);

/* Gives the VM back; returns whether pmem has all its pages again. */
bool rig_end(void);

/* cmocka's fixture of all tests here: a VM with RIG_BUDGET, and whether all pages are back. */
int rig_setup(void **state);
int rig_teardown(void **state);

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

/* One trap with rig.x, from `el`. */
enum backdoor_result rig_step(unsigned el);

/* One call with rig.x, from `el`. BACKDOOR_AGAIN is repeated. */
enum backdoor_result rig_call(unsigned el);

/* One message call, type and W1; returns the status. x[1] and x[3] stay in rig.x. */
uint32_t rig_message(struct rig_channel channel, unsigned type, uint32_t w1);

/* Status of OPEN. */
uint32_t rig_open(uint32_t protocol, struct rig_channel *channel);
uint32_t rig_close(struct rig_channel channel);

/* The whole of a message in low bandwidth; false: refused somewhere. */
bool rig_send(struct rig_channel channel, const void *data, size_t size);

/* The message that waits, with a NUL behind it, or NULL; *size may be NULL. Acknowledged. */
const char *rig_receive(struct rig_channel channel, size_t *size);

/* rig_send() of text and rig_receive() on a channel that is opened and closed for it. */
const char *rig_rpc(const char *request);

/* High bandwidth from or to `va`; returns the status, or UINT32_MAX for a fault. */
uint32_t rig_send_hb(struct rig_channel channel, uint64_t va, uint64_t size);
uint32_t rig_receive_hb(struct rig_channel channel, uint64_t va, uint64_t size);

void rig_pass_seconds(unsigned seconds);

#endif
