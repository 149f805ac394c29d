/* SPDX-License-Identifier: Apache-2.0 */
/* plinthctl top: who uses the CPUs, and what for, over an interval. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compiler.h"
#include "commands.h"

#define KINDS 6U
#define KIB   1024U

struct figures {
	struct control_vm vm;
	uint64_t ran;
	uint64_t stolen;
	uint64_t exits[KINDS];
};

struct picture {
	uint64_t now;
	struct figures *vm;
	size_t count;
};

/* False: it is half-built, or has gone since it was listed. */
static bool take_vm(const struct control_vm *vm, struct figures *figures)
{
	struct figures f = {.vm = *vm};
	size_t count;
	struct control_vcpu *v = ctl_vcpus(vm->vm, &count);

	if (v == NULL) {
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		f.ran += v[i].ran;
		f.stolen += v[i].stolen;
		f.exits[0] += v[i].exits_hvc;
		f.exits[1] += v[i].exits_sysreg;
		f.exits[2] += v[i].exits_abort;
		f.exits[3] += v[i].exits_wfx;
		f.exits[4] += v[i].exits_irq;
		f.exits[5] += v[i].exits_other;
	}
	free(v);
	*figures = f;
	return true;
}

static struct picture take_picture(void)
{
	struct picture p = {.now = ctl_host().now};
	size_t listed;
	struct control_vm *list = ctl_list(&listed);

	p.vm = ctl_alloc(NULL, listed * sizeof(p.vm[0]));
	for (size_t i = 0; i < listed; i++) {
		p.count += take_vm(&list[i], &p.vm[p.count]) ? 1U : 0U;
	}
	free(list);
	return p;
}

/* The same VM in the picture before; NULL: it was not there, by what can be told: another one of
 * its name may have its handle by now. */
static const struct figures *before(const struct picture *old, const struct figures *f)
{
	for (size_t i = 0; i < old->count; i++) {
		const struct figures *o = &old->vm[i];

		if (o->vm.vm == f->vm.vm && strcmp(o->vm.name, f->vm.name) == 0 &&
			o->vm.starts <= f->vm.starts && o->ran <= f->ran) {
			return o;
		}
	}
	return NULL;
}

/* What has come since; where it is less than before, it is another one's, or was not there. */
static uint64_t since(uint64_t now, uint64_t before)
{
	return now >= before ? now - before : now;
}

static void show_vm(
	const struct figures *f, const struct figures *old, uint64_t ticks, uint64_t frequency)
{
	static const char *const names[KINDS] = {"hvc", "sysreg", "abort", "wfx", "irq", "other"};
	static const struct figures none;
	uint64_t permille;
	uint64_t steal;

	old = old != NULL ? old : &none;
	permille = since(f->ran, old->ran) * 1000U / ticks;
	steal = since(f->stolen, old->stolen) * 1000U / ticks;
	if (ctl_json) {
		json_open(NULL, '{');
		json_string("name", f->vm.name);
		json_string("state", ctl_state_name(f->vm.state));
		json_number("cpu_permille", permille);
		json_number("steal_permille", steal);
		json_number("used_bytes", f->vm.used);
		for (size_t i = 0; i < KINDS; i++) {
			json_number(
				names[i], since(f->exits[i], old->exits[i]) * frequency / ticks);
		}
		json_close('}');
		return;
	}
	printf("%-16s %-8s %4llu.%llu %4llu.%llu %9llu", f->vm.name, ctl_state_name(f->vm.state),
		(unsigned long long)(permille / 10U), (unsigned long long)(permille % 10U),
		(unsigned long long)(steal / 10U), (unsigned long long)(steal % 10U),
		(unsigned long long)(f->vm.used / KIB));
	for (size_t i = 0; i < KINDS; i++) {
		printf(" %6llu", (unsigned long long)(since(f->exits[i], old->exits[i]) *
						      frequency / ticks));
	}
	putchar('\n');
}

static void show(const struct picture *p, const struct picture *old, bool is_screen)
{
	struct control_host host = ctl_host();
	uint64_t ticks = p->now - old->now;

	ticks = ticks == 0U ? 1U : ticks;
	if (ctl_json) {
		json_open(NULL, '[');
	} else {
		printf("%s%u CPUs, memory %llu KiB, free %llu KiB\n",
			is_screen ? "\033[H\033[J" : "", host.cpus,
			(unsigned long long)(host.memory_total / KIB),
			(unsigned long long)(host.memory_free / KIB));
		printf("%-16s %-8s %6s %6s %9s %6s %6s %6s %6s %6s %6s\n", "NAME", "STATE", "CPU%",
			"STEAL%", "USED KiB", "HVC/s", "SYSR/s", "ABRT/s", "WFX/s", "IRQ/s",
			"OTHR/s");
	}
	for (size_t i = 0; i < p->count; i++) {
		show_vm(&p->vm[i], before(old, &p->vm[i]), ticks, host.frequency);
	}
	if (ctl_json) {
		json_close(']');
		json_end();
	}
}

int command_top(int count, char **words)
{
	bool once = false;
	uint64_t seconds = 1;

	for (int i = 1; i < count; i++) {
		const char *value;

		if (ctl_flag(words[i], "--once")) {
			once = true;
		} else if ((value = ctl_value(count, words, &i, "--interval")) != NULL) {
			seconds = ctl_number(value, 10, "--interval");
		} else {
			ctl_usage(words[0]);
		}
	}
	if (seconds == 0U || seconds > 3600U) {
		ctl_die(EXIT_USAGE, "--interval: 1 to 3600 seconds");
	}
	struct picture old = take_picture();

	for (;;) {
		(void)sleep((unsigned)seconds);
		struct picture p = take_picture();

		show(&p, &old, !once && isatty(STDOUT_FILENO) != 0);
		fflush(stdout);
		free(old.vm);
		old = p;
		if (once) {
			free(old.vm);
			return EXIT_OK;
		}
	}
}
