/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plugin for QEMU's TCG that ends a CPU's turn after so many blocks. Under icount QEMU runs the
 * CPUs in turn, and one that waits in a loop without YIELD or WFE, as Xen's do, keeps the others
 * from ever running. QEMU's header is not packaged, and cpu_exit() is what QEMU exports beside it.
 */
#include <stdint.h>

#define BLOCKS 10000U

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_info_t;
struct cpu_state;

enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };

typedef void qemu_plugin_translate_fn(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void qemu_plugin_execute_fn(unsigned cpu, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, qemu_plugin_translate_fn *fn);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, qemu_plugin_execute_fn *fn,
	enum qemu_plugin_cb_flags flags, void *data);
struct cpu_state *qemu_get_cpu(int index);
void cpu_exit(struct cpu_state *cpu);

int qemu_plugin_version = 1;
int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv);

static void executed(unsigned cpu, void *data)
{
	static unsigned blocks;

	(void)data;
	if (++blocks == BLOCKS) {
		blocks = 0;
		cpu_exit(qemu_get_cpu((int)cpu));
	}
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	(void)id;
	qemu_plugin_register_vcpu_tb_exec_cb(tb, executed, QEMU_PLUGIN_CB_NO_REGS, (void *)0);
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv)
{
	(void)info;
	(void)argc;
	(void)argv;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
