/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plugin for QEMU's TCG: counts executed cache maintenance instructions by address. At the end it
 * writes a line for each that was executed: "early|late ADDRESS OPERATION COUNT"; `late` is what
 * came after the first one at or above the address of the option "core=ADDRESS". ./plinth bench
 * knows whose the addresses are. Debian does not package QEMU's header: what is used of it
 * (docs/devel/tcg-plugins, version 1) is declared here.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info_t;

enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };

typedef void qemu_plugin_translate_fn(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void qemu_plugin_execute_fn(unsigned cpu, void *data);
typedef void qemu_plugin_exit_fn(qemu_plugin_id_t id, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, qemu_plugin_translate_fn *fn);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
	qemu_plugin_execute_fn *fn, enum qemu_plugin_cb_flags flags, void *data);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, qemu_plugin_exit_fn *fn, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void qemu_plugin_outs(const char *text);

int qemu_plugin_version = 1;
int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv);

/* SYS instructions without their register (DDI 0487, C5.3, C5.4). */
static const struct {
	uint32_t instruction;
	const char *name;
} operations[] = {
	{0xd5087620, "dc_ivac"},
	{0xd5087640, "dc_isw"},
	{0xd5087a40, "dc_csw"},
	{0xd5087e40, "dc_cisw"},
	{0xd50b7420, "dc_zva"},
	{0xd50b7a20, "dc_cvac"},
	{0xd50b7b20, "dc_cvau"},
	{0xd50b7e20, "dc_civac"},
	{0xd508711f, "ic_ialluis"},
	{0xd508751f, "ic_iallu"},
	{0xd50b7520, "ic_ivau"},
};

#define OPERATIONS  (sizeof(operations) / sizeof(operations[0]))
#define REGISTER    0x1fU
#define NO_REGISTER 0x1fU

/* One instruction in memory. Never freed: translations keep pointing at it. */
struct spot {
	struct spot *next;
	uint64_t address;
	size_t operation;
	uint64_t early;
	uint64_t late;
};

static struct spot *spots;
static uint64_t core = UINT64_MAX;
static bool is_late;

static size_t operation_of(uint32_t instruction)
{
	for (size_t i = 0; i < OPERATIONS; i++) {
		uint32_t mask =
			(operations[i].instruction & REGISTER) == NO_REGISTER ? 0U : REGISTER;

		if ((instruction & ~mask) == operations[i].instruction) {
			return i;
		}
	}
	return OPERATIONS;
}

static struct spot *spot_for(uint64_t address, size_t operation)
{
	struct spot *spot = spots;

	while (spot != NULL && (spot->address != address || spot->operation != operation)) {
		spot = spot->next;
	}
	if (spot == NULL) {
		spot = calloc(1, sizeof(*spot));
		if (spot == NULL) {
			abort();
		}
		*spot = (struct spot){.next = spots, .address = address, .operation = operation};
		spots = spot;
	}
	return spot;
}

static void executed(unsigned cpu, void *data)
{
	struct spot *spot = data;

	(void)cpu;
	is_late = is_late || spot->address >= core;
	spot->early += is_late ? 0U : 1U;
	spot->late += is_late ? 1U : 0U;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint32_t instruction;
		size_t operation;

		memcpy(&instruction, qemu_plugin_insn_data(insn), sizeof(instruction));
		operation = operation_of(instruction);
		if (operation != OPERATIONS) {
			qemu_plugin_register_vcpu_insn_exec_cb(insn, executed,
				QEMU_PLUGIN_CB_NO_REGS,
				spot_for(qemu_plugin_insn_vaddr(insn), operation));
		}
	}
}

static void print_line(const char *when, const struct spot *spot, uint64_t count)
{
	char line[128];

	if (count != 0U) {
		(void)snprintf(line, sizeof(line), "%s 0x%" PRIx64 " %s %" PRIu64 "\n", when,
			spot->address, operations[spot->operation].name, count);
		qemu_plugin_outs(line);
	}
}

static void report(qemu_plugin_id_t id, void *data)
{
	(void)id;
	(void)data;
	for (const struct spot *spot = spots; spot != NULL; spot = spot->next) {
		print_line("early", spot, spot->early);
		print_line("late", spot, spot->late);
	}
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++) {
		if (strncmp(argv[i], "core=", 5) == 0) {
			core = strtoull(argv[i] + 5, NULL, 0);
		}
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, report, NULL);
	return 0;
}
