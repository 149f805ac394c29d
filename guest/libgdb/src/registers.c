/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registers by gdb's numbers, which are those of description.c, in struct control_registers.
 */
#include <stddef.h>
#include <string.h>

#include "server_private.h"

#define X_COUNT	   31U
#define NUMBER_SP  31U
#define NUMBER_PC  32U
#define NUMBER_PS  33U
#define NUMBER_V   34U
#define V_COUNT	   32U
#define NUMBER_FP  66U	      /* FPSR, FPCR */
#define NUMBER_SYS 68U	      /* those of system_rows */
#define ALL_COUNT  NUMBER_SYS /* g and G have them up to there */

#define PSTATE_AARCH32 UINT64_C(0x10)
#define PSTATE_SP      UINT64_C(0x1) /* SP_ELx is the stack pointer, not SP_EL0 */

#define OFFSET(field) (uint16_t) offsetof(struct control_registers, field)

/* In the order of description.c. */
static const uint16_t system_rows[] = {OFFSET(sp_el0), OFFSET(sp_el1), OFFSET(elr_el1),
	OFFSET(spsr_el1), OFFSET(esr_el1), OFFSET(far_el1), OFFSET(vbar_el1), OFFSET(sctlr_el1),
	OFFSET(tcr_el1), OFFSET(ttbr0_el1), OFFSET(ttbr1_el1), OFFSET(mair_el1),
	OFFSET(contextidr_el1), OFFSET(tpidr_el0), OFFSET(tpidr_el1), OFFSET(tpidrro_el0),
	OFFSET(mpidr_el1)};

#define SYSTEM_COUNT  (sizeof(system_rows) / sizeof(system_rows[0]))
#define SYSTEM_WRITES 4U /* of them: sp_el0, sp_el1, and with SPSR_EL1 what an ERET takes */

/* Where register `number` is, and its bytes; NULL: there is none. */
static void *place_of(struct control_registers *r, uint64_t number, size_t *size)
{
	*size = sizeof(uint64_t);
	if (number < X_COUNT) {
		return &r->x[number];
	}
	if (number == NUMBER_SP) {
		bool is_el1 = (r->pstate & (PSTATE_AARCH32 | PSTATE_SP)) == PSTATE_SP;

		return is_el1 ? &r->sp_el1 : &r->sp_el0;
	}
	if (number == NUMBER_PC) {
		return &r->pc;
	}
	if (number >= NUMBER_V && number < NUMBER_V + V_COUNT) {
		*size = sizeof(r->fp[0]);
		return r->fp[number - NUMBER_V];
	}
	if (number >= NUMBER_SYS && number < NUMBER_SYS + SYSTEM_COUNT) {
		return (uint8_t *)r + system_rows[number - NUMBER_SYS];
	}
	*size = sizeof(uint32_t);
	switch (number) {
	case NUMBER_PS:
		return &r->pstate; /* little-endian: its low half */
	case NUMBER_FP:
		return &r->fpsr;
	case NUMBER_FP + 1U:
		return &r->fpcr;
	default:
		return NULL;
	}
}

static bool can_write(uint64_t number)
{
	return number < NUMBER_SYS ||
	       (number < NUMBER_SYS + SYSTEM_WRITES && number != NUMBER_SYS + 2U);
}

/* The current vCPU's, in the server's own copy; NULL: they cannot be had, and it is answered. */
static struct control_registers *fetch(struct gdb_server *server)
{
	if (!server->ops->read_registers(server->ctx, server->current, &server->registers)) {
		gdb_answer(server, GDB_ERROR_IO);
		return NULL;
	}
	return &server->registers;
}

static void store(struct gdb_server *server)
{
	gdb_answer(server,
		server->ops->write_registers(server->ctx, server->current, &server->registers)
			? "OK"
			: GDB_ERROR_INVALID);
}

void gdb_read_all(struct gdb_server *server, const char *args)
{
	struct control_registers *r = fetch(server);

	(void)args;
	if (r == NULL) {
		return;
	}
	gdb_answer(server, "");
	for (uint64_t n = 0; n < ALL_COUNT; n++) {
		size_t size;
		const void *at = place_of(r, n, &size);

		gdb_answer_digits(server, at, size);
	}
}

/* PSTATE comes last of those that are written: it says which of two the SP is. */
void gdb_write_all(struct gdb_server *server, const char *args)
{
	struct control_registers *r = fetch(server);
	uint32_t pstate = 0;
	size_t left = strlen(args);

	if (r == NULL) {
		return;
	}
	for (uint64_t n = 0; n < ALL_COUNT; n++) {
		size_t size;
		void *at = place_of(r, n, &size);

		if (n == NUMBER_PS) {
			at = &pstate;
		}
		if (left < 2U * size || !gdb_bytes_of(args, at, size)) {
			gdb_answer(server, GDB_ERROR_INVALID);
			return;
		}
		args += 2U * size;
		left -= 2U * size;
	}
	memcpy(&r->pstate, &pstate, sizeof(pstate)); /* its low half */
	store(server);
}

void gdb_read_one(struct gdb_server *server, const char *args)
{
	uint64_t number;
	size_t size;

	if (!gdb_number(&args, &number) || *args != '\0') {
		gdb_answer(server, GDB_ERROR_INVALID);
		return;
	}
	struct control_registers *r = fetch(server);
	const void *at = r != NULL ? place_of(r, number, &size) : NULL;

	if (at != NULL) {
		gdb_answer(server, "");
		gdb_answer_digits(server, at, size);
	} else if (r != NULL) {
		gdb_answer(server, GDB_ERROR_INVALID);
	}
}

void gdb_write_one(struct gdb_server *server, const char *args)
{
	uint64_t number;
	size_t size;

	if (!gdb_number(&args, &number) || !gdb_starts(&args, "=")) {
		gdb_answer(server, GDB_ERROR_INVALID);
		return;
	}
	struct control_registers *r = fetch(server);
	void *at = r != NULL ? place_of(r, number, &size) : NULL;

	if (r == NULL) {
		return;
	}
	if (at == NULL || !can_write(number) || strlen(args) != 2U * size ||
		!gdb_bytes_of(args, at, size)) {
		gdb_answer(server, GDB_ERROR_INVALID);
		return;
	}
	store(server);
}
