/* SPDX-License-Identifier: Apache-2.0 */
/* plinthctl vm: VMs and their life. */
#include <stdlib.h>
#include <string.h>

#include "abi/vm_config.h"
#include "base/compiler.h"
#include "commands.h"
#include "vm.h"

#define KIB 1024U

static void json_vm(const struct control_vm *vm)
{
	json_string("name", vm->name);
	json_string("state", ctl_state_name(vm->state));
	json_number("id", vm->vm);
	json_number("vcpus", vm->vcpus);
	json_number("memory_bytes", vm->memory);
	json_number("used_bytes", vm->used);
	json_number("starts", vm->starts);
}

static int list(void)
{
	size_t count;
	struct control_vm *vms = ctl_list(&count);

	if (ctl_json) {
		json_open(NULL, '[');
		for (size_t i = 0; i < count; i++) {
			json_open(NULL, '{');
			json_vm(&vms[i]);
			json_close('}');
		}
		json_close(']');
		json_end();
	} else {
		printf("%-20s %-9s %5s %10s %10s %6s\n", "NAME", "STATE", "VCPUS", "MEM KiB",
			"USED KiB", "STARTS");
		for (size_t i = 0; i < count; i++) {
			printf("%-20s %-9s %5u %10llu %10llu %6u\n", vms[i].name,
				ctl_state_name(vms[i].state), vms[i].vcpus,
				(unsigned long long)(vms[i].memory / KIB),
				(unsigned long long)(vms[i].used / KIB), vms[i].starts);
		}
	}
	free(vms);
	return EXIT_OK;
}

static const char *vcpu_state(uint32_t state)
{
	static const char *const names[] = {"off", "blocked", "runnable", "running", "moving"};

	return state < ARRAY_SIZE(names) ? names[state] : "unknown";
}

static void show_vcpus(uint32_t vm, uint64_t frequency)
{
	size_t count;
	struct control_vcpu *v = ctl_vcpus(vm, &count);

	json_open(ctl_json ? "vcpu" : NULL, '[');
	for (size_t i = 0; i < count; i++) {
		json_open(NULL, '{');
		json_number("id", v[i].id);
		json_string("state", vcpu_state(v[i].state));
		json_number("cpu", v[i].cpu);
		json_number("ran_ms", v[i].ran * 1000U / frequency);
		json_number("stolen_ms", v[i].stolen * 1000U / frequency);
		json_number("exits_hvc", v[i].exits_hvc);
		json_number("exits_sysreg", v[i].exits_sysreg);
		json_number("exits_abort", v[i].exits_abort);
		json_number("exits_wfx", v[i].exits_wfx);
		json_number("exits_irq", v[i].exits_irq);
		json_number("exits_other", v[i].exits_other);
		json_close('}');
	}
	json_close(']');
	free(v);
}

static void print_vcpus(uint32_t vm, uint64_t frequency)
{
	size_t count;
	struct control_vcpu *v = ctl_vcpus(vm, &count);

	for (size_t i = 0; i < count; i++) {
		printf("vcpu %u: %s on CPU %u, ran %llu ms, stolen %llu ms, exits: hvc %llu sysreg "
		       "%llu abort %llu wfx %llu irq %llu other %llu\n",
			v[i].id, vcpu_state(v[i].state), v[i].cpu,
			(unsigned long long)(v[i].ran * 1000U / frequency),
			(unsigned long long)(v[i].stolen * 1000U / frequency),
			(unsigned long long)v[i].exits_hvc, (unsigned long long)v[i].exits_sysreg,
			(unsigned long long)v[i].exits_abort, (unsigned long long)v[i].exits_wfx,
			(unsigned long long)v[i].exits_irq, (unsigned long long)v[i].exits_other);
	}
	free(v);
}

struct word {
	uint32_t bit;
	const char *name;
};

static const struct word flag_words[] = {
	{VM_FLAG_VMWARE, "vmware"},
	{VM_FLAG_CONTROL, "control"},
	{VM_FLAG_ANONYMOUS, "anonymous"},
	{VM_FLAG_OVERCOMMIT, "overcommit"},
	{VM_FLAG_COHERENCY_EAGER, "coherency-eager"},
	{VM_FLAG_GICV2, "gicv2"},
	{VM_FLAG_BACKDOOR_BRK, "backdoor-brk"},
	{VM_FLAG_MEMORY_DIRECT, "memory-direct"},
};

static const struct word right_words[] = {
	{VM_RIGHT_OBSERVE, "observe"},
	{VM_RIGHT_POWER, "power"},
	{VM_RIGHT_CONFIG, "config"},
	{VM_RIGHT_MEMORY, "memory"},
};

static void show_words(const char *key, uint32_t bits, const struct word *words, size_t count)
{
	if (ctl_json) {
		json_open(key, '[');
	} else if (bits != 0U) {
		printf("%s:", key);
	}
	for (size_t i = 0; i < count; i++) {
		if ((bits & words[i].bit) == 0U) {
			continue;
		}
		if (ctl_json) {
			json_string(NULL, words[i].name);
		} else {
			printf(" %s", words[i].name);
		}
	}
	if (ctl_json) {
		json_close(']');
	} else if (bits != 0U) {
		putchar('\n');
	}
}

struct fact {
	uint32_t number; /* of SetGuestInfo */
	const char *name;
};

/* What the guest's tools tell of it. */
static void show_guest(uint32_t vm)
{
	static const char *const tools[] = {"none", "silent", "listening"};
	static const struct fact facts[] = {{1, "hostname"}, {2, "address"}, {5, "os"},
		{6, "os_id"}, {11, "os_detail"}, {4, "tools_build"}, {7, "uptime"}};
	struct control_guest guest;
	struct plinth_control call = {
		.call = CONTROL_GUEST, .vm = vm, .buffer = &guest, .size = sizeof(guest)};

	ctl_call(&call, "vm info");
	const char *state = guest.tools < ARRAY_SIZE(tools) ? tools[guest.tools] : "unknown";

	if (ctl_json) {
		json_open("guest", '{');
		json_string("tools", state);
		json_number("tools_version", guest.tools_version);
		json_number("channels", guest.channels);
		json_number("overhead_used_bytes", guest.used);
		json_number("balloon_bytes", guest.balloon);
		json_bool("balloon_driver", guest.balloon_started != 0U);
	} else {
		if (guest.balloon != 0U) {
			printf("balloon: is to take %llu KiB, %s\n",
				(unsigned long long)(guest.balloon / KIB),
				guest.balloon_started != 0U
					? "the guest has a driver"
					: "but the guest has no driver for it yet");
		}
		printf("tools: %s, version %u, %u channels, %llu KiB of overhead used\n", state,
			guest.tools_version, guest.channels,
			(unsigned long long)(guest.used / KIB));
	}
	for (size_t i = 0; i < ARRAY_SIZE(facts); i++) {
		char *text = guest.fact[facts[i].number];

		text[CONTROL_FACT_SIZE - 1U] = '\0';
		if (ctl_json) {
			json_string(facts[i].name, text);
		} else if (text[0] != '\0') {
			printf("guest %s: %s\n", facts[i].name, text);
		}
	}
	if (ctl_json) {
		json_close('}');
	}
}

static void json_info(const struct control_info *info, uint64_t frequency)
{
	json_open(NULL, '{');
	json_vm(&info->vm);
	json_number("weight", info->weight);
	json_number("vcpus_max", info->vcpus_max);
	json_hex("affinity", info->affinity);
	json_number("overhead_bytes", info->overhead);
	json_number("tables_bytes", info->tables);
	json_string("crash", info->reason);
	show_words("flags", info->flags, flag_words, ARRAY_SIZE(flag_words));
	show_words("rights", info->rights, right_words, ARRAY_SIZE(right_words));
	show_vcpus(info->vm.vm, frequency);
	if ((info->flags & VM_FLAG_VMWARE) != 0U) {
		show_guest(info->vm.vm);
	}
	json_close('}');
	json_end();
}

static int info(const char *name)
{
	struct control_info info = ctl_info(ctl_find(name).vm);
	uint64_t frequency = ctl_host().frequency;

	if (ctl_json) {
		json_info(&info, frequency);
		return EXIT_OK;
	}
	printf("%s: %s, started %u times%s%s\n", info.vm.name, ctl_state_name(info.vm.state),
		info.vm.starts, info.reason[0] != '\0' ? ", last crash: " : "", info.reason);
	printf("memory: %llu KiB of %llu, %llu KiB of tables\n",
		(unsigned long long)(info.vm.used / KIB),
		(unsigned long long)(info.vm.memory / KIB),
		(unsigned long long)(info.tables / KIB));
	printf("weight: %u, affinity: 0x%llx, vCPUs that may be online: %u\n", info.weight,
		(unsigned long long)info.affinity, info.vcpus_max);
	show_words("flags", info.flags, flag_words, ARRAY_SIZE(flag_words));
	if ((info.flags & VM_FLAG_MEMORY_DIRECT) != 0U) {
		puts("trusted: its devices reach all of the machine's memory");
	}
	show_words("rights", info.rights, right_words, ARRAY_SIZE(right_words));
	print_vcpus(info.vm.vm, frequency);
	if ((info.flags & VM_FLAG_VMWARE) != 0U) {
		show_guest(info.vm.vm);
	}
	return EXIT_OK;
}

struct verb {
	const char *name;
	enum control_call call;
	uint32_t seconds; /* that the guest's tools have, as is usual; 0: they are not asked */
};

static const struct verb verbs[] = {
	{"start", CONTROL_START, 0},
	{"stop", CONTROL_STOP, 60},
	{"reboot", CONTROL_RESET, 60},
	{"reset", CONTROL_RESET, 0},
	{"pause", CONTROL_PAUSE, 10},
	{"resume", CONTROL_RESUME, 0},
};

static int act(const struct verb *verb, int count, char **words)
{
	uint64_t seconds = verb->seconds;
	char what[80];

	for (int i = 3; i < count; i++) {
		const char *value;

		if (verb->seconds == 0U) {
			ctl_usage("vm");
		} else if (ctl_flag(words[i], "--now")) {
			seconds = 0;
		} else if ((value = ctl_value(count, words, &i, "--timeout")) != NULL) {
			seconds = ctl_number(value, 10, "--timeout");
		} else {
			ctl_usage("vm");
		}
	}
	struct plinth_control call = {
		.call = verb->call, .vm = ctl_find(words[2]).vm, .arg = seconds};

	snprintf(what, sizeof(what), "vm %s %s", verb->name, words[2]);
	ctl_call(&call, what);
	if (ctl_json) {
		json_open(NULL, '{');
		json_string("name", words[2]);
		json_string("verb", verb->name);
		json_bool("asked", call.result[0] != 0U);
		json_close('}');
		json_end();
	} else if (call.result[0] != 0U) {
		printf("%s: its tools are asked, and have %llu s\n", words[2],
			(unsigned long long)seconds);
	}
	return EXIT_OK;
}

int command_vm(int count, char **words)
{
	if (count == 2 && strcmp(words[1], "list") == 0) {
		return list();
	}
	if (count == 3 && strcmp(words[1], "info") == 0) {
		return info(words[2]);
	}
	if (count >= 3 && strcmp(words[1], "create") == 0) {
		return vm_create(count, words);
	}
	if (count >= 3 && strcmp(words[1], "destroy") == 0) {
		return vm_destroy(count, words);
	}
	if (count >= 3 && strcmp(words[1], "set") == 0) {
		if (count == 3) {
			ctl_usage("vm");
		}
		vm_set(words[2], count - 3, words + 3);
		return ctl_json ? info(words[2]) : EXIT_OK;
	}
	for (size_t i = 0; i < ARRAY_SIZE(verbs) && count >= 3; i++) {
		if (strcmp(words[1], verbs[i].name) == 0) {
			return act(&verbs[i], count, words);
		}
	}
	ctl_usage("vm");
}
