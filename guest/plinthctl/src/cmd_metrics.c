/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plinthctl metrics: figures in Prometheus' text format (version 0.0.4), for node_exporter's
 * textfile collector or any scraper. With --json the same as an array.
 */
#include <stdlib.h>

#include "base/compiler.h"
#include "commands.h"

struct sample {
	const char *name;
	const char *vm; /* NULL: none */
	const char *label;
	const char *value_of_label;
	uint64_t whole;
	uint64_t micro; /* millionths */
};

static void family(const char *name, const char *type, const char *help)
{
	if (!ctl_json) {
		printf("# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
	}
}

static void put(const struct sample *s)
{
	if (ctl_json) {
		json_open(NULL, '{');
		json_string("name", s->name);
		if (s->vm != NULL) {
			json_string("vm", s->vm);
		}
		if (s->label != NULL) {
			json_string(s->label, s->value_of_label);
		}
		json_number("value", s->whole);
		if (s->micro != 0U) {
			json_number("micro", s->micro);
		}
		json_close('}');
		return;
	}
	printf("%s", s->name);
	if (s->vm != NULL) {
		printf("{vm=\"%s\"", s->vm);
		if (s->label != NULL) {
			printf(",%s=\"%s\"", s->label, s->value_of_label);
		}
		putchar('}');
	}
	printf(" %llu", (unsigned long long)s->whole);
	if (s->micro != 0U) {
		printf(".%06llu", (unsigned long long)s->micro);
	}
	putchar('\n');
}

static void gauge(const char *name, const char *help, uint64_t value)
{
	family(name, "gauge", help);
	put(&(struct sample){.name = name, .whole = value});
}

struct vm_figures {
	struct control_vm vm;
	uint64_t ran;
	uint64_t stolen;
	uint64_t exits[6];
};

/* False: it is half-built, or has gone since it was listed. */
static bool take_figures(const struct control_vm *vm, struct vm_figures *figures)
{
	struct vm_figures f = {.vm = *vm};
	size_t count;
	struct control_vcpu *v = ctl_vcpus(vm->vm, &count);

	if (v == NULL) {
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		const uint64_t exits[] = {v[i].exits_hvc, v[i].exits_sysreg, v[i].exits_abort,
			v[i].exits_wfx, v[i].exits_irq, v[i].exits_other};

		f.ran += v[i].ran;
		f.stolen += v[i].stolen;
		for (size_t kind = 0; kind < ARRAY_SIZE(exits); kind++) {
			f.exits[kind] += exits[kind];
		}
	}
	free(v);
	*figures = f;
	return true;
}

static void seconds(const char *name, const char *help, const struct vm_figures *all, size_t count,
	uint64_t frequency, bool is_stolen)
{
	family(name, "counter", help);
	for (size_t i = 0; i < count; i++) {
		uint64_t ticks = is_stolen ? all[i].stolen : all[i].ran;

		put(&(struct sample){.name = name,
			.vm = all[i].vm.name,
			.whole = ticks / frequency,
			.micro = ticks % frequency * 1000000U / frequency});
	}
}

static void exits(const struct vm_figures *all, size_t count)
{
	static const char *const kinds[] = {"hvc", "sysreg", "abort", "wfx", "irq", "other"};

	family("plinth_vm_exits_total", "counter", "Exits of its vCPUs to EL2.");
	for (size_t i = 0; i < count; i++) {
		for (size_t kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
			put(&(struct sample){.name = "plinth_vm_exits_total",
				.vm = all[i].vm.name,
				.label = "kind",
				.value_of_label = kinds[kind],
				.whole = all[i].exits[kind]});
		}
	}
}

static void vms(const struct vm_figures *all, size_t count, uint64_t frequency)
{
	family("plinth_vm_running", "gauge", "1 while the VM runs.");
	for (size_t i = 0; i < count; i++) {
		put(&(struct sample){.name = "plinth_vm_running",
			.vm = all[i].vm.name,
			.whole = all[i].vm.state == CONTROL_STATE_RUNNING});
	}
	family("plinth_vm_starved", "gauge", "1 while the VM waits for free memory.");
	for (size_t i = 0; i < count; i++) {
		put(&(struct sample){.name = "plinth_vm_starved",
			.vm = all[i].vm.name,
			.whole = all[i].vm.state == CONTROL_STATE_STARVED ? 1U : 0U});
	}
	family("plinth_vm_memory_bytes", "gauge", "Memory that the VM may use.");
	for (size_t i = 0; i < count; i++) {
		put(&(struct sample){.name = "plinth_vm_memory_bytes",
			.vm = all[i].vm.name,
			.whole = all[i].vm.memory});
	}
	family("plinth_vm_memory_used_bytes", "gauge", "Memory that it has touched.");
	for (size_t i = 0; i < count; i++) {
		put(&(struct sample){.name = "plinth_vm_memory_used_bytes",
			.vm = all[i].vm.name,
			.whole = all[i].vm.used});
	}
	family("plinth_vm_starts_total", "counter", "How often it was started or reset.");
	for (size_t i = 0; i < count; i++) {
		put(&(struct sample){.name = "plinth_vm_starts_total",
			.vm = all[i].vm.name,
			.whole = all[i].vm.starts});
	}
	seconds("plinth_vm_cpu_seconds_total", "Time that its vCPUs ran.", all, count, frequency,
		false);
	seconds("plinth_vm_stolen_seconds_total", "Time that its vCPUs waited for a CPU.", all,
		count, frequency, true);
	exits(all, count);
}

int command_metrics(int count, char **words)
{
	size_t listed;
	size_t vm_count = 0;

	if (count != 1) {
		ctl_usage(words[0]);
	}
	struct control_host host = ctl_host();
	struct control_vm *list = ctl_list(&listed);
	struct vm_figures *all = ctl_alloc(NULL, listed * sizeof(*all));

	for (size_t i = 0; i < listed; i++) {
		vm_count += take_figures(&list[i], &all[vm_count]) ? 1U : 0U;
	}
	if (ctl_json) {
		json_open(NULL, '[');
	}
	gauge("plinth_cpus", "CPUs of the machine.", host.cpus);
	gauge("plinth_memory_bytes", "Memory that Plinth manages.", host.memory_total);
	gauge("plinth_memory_free_bytes", "Memory that nobody uses.", host.memory_free);
	gauge("plinth_uptime_seconds", "Since the machine's start.", host.now / host.frequency);
	vms(all, vm_count, host.frequency);
	if (ctl_json) {
		json_close(']');
		json_end();
	}
	free(all);
	free(list);
	return EXIT_OK;
}
