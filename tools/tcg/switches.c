/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plugin for QEMU's TCG: counts the instructions of each way through EL2 that ends in another
 * vCPU than it began with, from the vector to ERET, on one CPU. Options: vectors=ADDRESS, where the
 * table of vectors is, load=ADDRESS, an instruction that runs once where a vCPU's registers are
 * loaded, and start=ADDRESS and end=ADDRESS, the core's code. At the end it writes one line, of the
 * half of them in the middle: "switches COUNT median MEDIAN least LEAST most MOST". Debian does not
 * package QEMU's header: what is used of it (docs/devel/tcg-plugins, version 1) is declared here.
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

#define ERET	      0xd69f03e0U /* DDI 0487, C6.2 */
#define LOWER_EL      0x400U	  /* from a guest: synchronous, and 0x80 on, interrupts */
#define LOWER_EL_SIZE 0x400U
#define VECTOR_SIZE   0x80U
#define SWITCHES_MAX  65536U

static uint64_t vectors;
static uint64_t load;
static uint64_t start;
static uint64_t end;

static bool is_inside; /* in EL2 since a guest's exit */
static bool has_loaded;
static uint64_t count; /* instructions since then */
static uint64_t switches[SWITCHES_MAX];
static size_t switch_count;

static void entered(unsigned cpu, void *data)
{
	(void)cpu;
	(void)data;
	is_inside = true;
	has_loaded = false;
	count = 1;
}

static void executed(unsigned cpu, void *data)
{
	(void)cpu;
	(void)data;
	count++;
}

static void loaded(unsigned cpu, void *data)
{
	executed(cpu, data);
	has_loaded = true;
}

static void left(unsigned cpu, void *data)
{
	executed(cpu, data);
	if (is_inside && has_loaded && switch_count < SWITCHES_MAX) {
		switches[switch_count++] = count;
	}
	is_inside = false;
}

static qemu_plugin_execute_fn *kind_of(uint64_t address, uint32_t instruction)
{
	uint64_t offset = address - vectors - LOWER_EL;

	if (offset < LOWER_EL_SIZE && offset % VECTOR_SIZE == 0U) {
		return entered;
	}
	if (address == load) {
		return loaded;
	}
	return instruction == ERET ? left : executed;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint64_t address = qemu_plugin_insn_vaddr(insn);
		uint32_t instruction;

		memcpy(&instruction, qemu_plugin_insn_data(insn), sizeof(instruction));
		if (address >= start && address < end) {
			qemu_plugin_register_vcpu_insn_exec_cb(
				insn, kind_of(address, instruction), QEMU_PLUGIN_CB_NO_REGS, NULL);
		}
	}
}

static int compare(const void *a, const void *b)
{
	uint64_t first = *(const uint64_t *)a;
	uint64_t second = *(const uint64_t *)b;

	return first < second ? -1 : first > second;
}

static void report(qemu_plugin_id_t id, void *data)
{
	/* Not of those with which VMs begin and end: of the half in the middle. */
	uint64_t *half = &switches[switch_count / 4U];
	size_t count_of_half = switch_count / 2U;
	char line[128];

	(void)id;
	(void)data;
	if (count_of_half == 0U) {
		qemu_plugin_outs("switches 0\n");
		return;
	}
	qsort(half, count_of_half, sizeof(half[0]), compare);
	(void)snprintf(line, sizeof(line),
		"switches %zu median %" PRIu64 " least %" PRIu64 " most %" PRIu64 "\n",
		count_of_half, half[count_of_half / 2U], half[0], half[count_of_half - 1U]);
	qemu_plugin_outs(line);
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv)
{
	static const struct {
		const char *name;
		uint64_t *value;
	} options[] = {
		{"vectors=", &vectors}, {"load=", &load}, {"start=", &start}, {"end=", &end}};

	(void)info;
	for (int i = 0; i < argc; i++) {
		for (size_t k = 0; k < sizeof(options) / sizeof(options[0]); k++) {
			size_t length = strlen(options[k].name);

			if (strncmp(argv[i], options[k].name, length) == 0) {
				*options[k].value = strtoull(argv[i] + length, NULL, 0);
			}
		}
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, report, NULL);
	return 0;
}
