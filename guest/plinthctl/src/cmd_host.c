/* SPDX-License-Identifier: Apache-2.0 */
/* plinthctl host: the machine. */
#include "commands.h"

#define KIB 1024U

static void line(const char *key, const char *text, uint64_t bytes)
{
	if (ctl_json) {
		json_number(key, bytes);
	} else {
		printf("%-24s %10llu KiB\n", text, (unsigned long long)(bytes / KIB));
	}
}

int command_host(int count, char **words)
{
	struct control_host h;

	if (count != 1) {
		ctl_usage(words[0]);
	}
	h = ctl_host();
	if (ctl_json) {
		json_open(NULL, '{');
		json_number("cpus", h.cpus);
		json_number("vms", h.vms);
		json_number("uptime_ms", h.now * 1000U / h.frequency);
		json_number("seconds", h.seconds);
		json_number("longest_call_instructions", h.longest_call);
		json_number("longest_call", h.longest_id);
	} else {
		printf("%u CPUs, %u VMs, up %llu s\n", h.cpus, h.vms,
			(unsigned long long)(h.now / h.frequency));
	}
	line("memory_bytes", "memory", h.memory_total);
	line("free_bytes", "free", h.memory_free);
	line("clean_bytes", "  of it clean", h.memory_clean);
	line("promised_bytes", "  of it promised", h.memory_promised);
	line("core_bytes", "used by Plinth", h.memory_core);
	line("tables_bytes", "used by stage-2 tables", h.memory_tables);
	line("guests_bytes", "used by guests", h.memory_guests);
	line("scrubbed_idle_bytes", "scrubbed when idle", h.scrubbed_idle);
	line("scrubbed_demand_bytes", "scrubbed on demand", h.scrubbed_demand);
	if (ctl_json) {
		json_close('}');
		json_end();
	} else {
		printf("longest control call: %u instructions\n", h.longest_call);
	}
	return EXIT_OK;
}
