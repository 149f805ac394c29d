/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The monitor's view of what guests say and are told by the backdoor. It is the guest's text:
 * whatever is not printable is shown as '?'.
 */
#include "monitor_guest.h"

#include "backdoor/backdoor.h"
#include "base/compiler.h"
#include "base/string.h"
#include "monitor/monitor.h"
#include "vm/vm.h"
#include "vm/vm_table.h"

#define VALUE_SHOWN 100U

/* Too large for the stack; the monitor has one caller at a time. */
static struct backdoor_report report;

struct fact_row {
	enum backdoor_fact fact;
	const char *name;
};

static const struct fact_row fact_rows[] = {
	{BACKDOOR_FACT_DNS_NAME, "hostname"},
	{BACKDOOR_FACT_IP, "address"},
	{BACKDOOR_FACT_OS_FULL, "os"},
	{BACKDOOR_FACT_OS, "os id"},
	{BACKDOOR_FACT_DETAILED, "os detail"},
	{BACKDOOR_FACT_DISKS, "disks"},
	{BACKDOOR_FACT_BUILD, "tools build"},
	{BACKDOOR_FACT_UPTIME, "uptime"},
};

/* Shows at most VALUE_SHOWN characters of a value, as "KEY = VALUE". ENOENT: no such key. */
static enum plinth_status show_value(struct backdoor_vm *vm, const char *key, struct monitor *out)
{
	char text[VALUE_SHOWN + 1U];
	size_t size;
	enum plinth_status status = backdoor_info_get(vm, key, 0, text, VALUE_SHOWN, &size);

	if (status != PLINTH_OK) {
		return status;
	}
	size_t shown = size < VALUE_SHOWN ? size : VALUE_SHOWN;

	for (size_t i = 0; i < shown; i++) {
		if (text[i] < ' ' || text[i] > '~') {
			text[i] = '?';
		}
	}
	text[shown] = '\0';
	monitor_print(out, "%s = %s\n", key, text);
	if (shown < size) {
		monitor_print(out, "    [%zu bytes in all]\n", size);
	}
	return PLINTH_OK;
}

static void print_balloon(struct vm *vm, struct monitor *out)
{
	monitor_print(out, "balloon: %llu of %llu KiB, driver %s\n",
		(unsigned long long)(gmem_relinquished(&vm->gmem) * PAGE_SIZE / KIB(1)),
		(unsigned long long)(report.balloon_target / KIB(1)),
		report.balloon_started ? "started" : "none");
}

void init_report_guest(struct vm *vm, struct monitor *out)
{
	static const char *const health[] = {
		[BACKDOOR_NO_TOOLS] = "none",
		[BACKDOOR_SILENT] = "silent",
		[BACKDOOR_LISTENING] = "listening",
	};

	if (!vm->backdoor.config.vmware) {
		return;
	}
	backdoor_get_report(&vm->backdoor, &report);
	monitor_print(out, "  tools: %s, version %u, pings %u; %u channels, %llu KiB\n",
		health[report.health], report.tools_version, report.pings, report.channels,
		(unsigned long long)(report.used / KIB(1)));
	for (size_t i = 0; i < ARRAY_SIZE(fact_rows); i++) {
		const char *text = report.fact[fact_rows[i].fact];

		if (text[0] != '\0') {
			monitor_print(out, "  guest: %s: %s\n", fact_rows[i].name, text);
		}
	}
	monitor_print(out, "  ");
	print_balloon(vm, out);
}

static struct backdoor_vm *backdoor_of(const char *name)
{
	struct vm *vm = vm_find(name);

	return vm != NULL ? &vm->backdoor : NULL;
}

enum plinth_status init_guestinfo_list(void *ctx, const char *name, struct monitor *out)
{
	struct backdoor_vm *vm = backdoor_of(name);
	char key[BACKDOOR_KEY_SIZE];

	(void)ctx;
	if (vm == NULL) {
		return PLINTH_ENOENT;
	}
	for (size_t i = 0; backdoor_info_key(vm, i, key) == PLINTH_OK; i++) {
		/* ENOENT: it has gone in between. */
		(void)show_value(vm, key, out);
	}
	return PLINTH_OK;
}

enum plinth_status init_guestinfo_get(
	void *ctx, const char *name, const char *key, struct monitor *out)
{
	struct backdoor_vm *vm = backdoor_of(name);

	(void)ctx;
	if (vm == NULL) {
		return PLINTH_ENOENT;
	}
	if (show_value(vm, key, out) != PLINTH_OK) {
		monitor_print(out, "%s: no value\n", key);
	}
	return PLINTH_OK;
}

enum plinth_status init_guestinfo_set(
	void *ctx, const char *name, const char *key, const char *value)
{
	struct backdoor_vm *vm = backdoor_of(name);

	(void)ctx;
	return vm != NULL ? backdoor_info_set(vm, key, value, strlen(value)) : PLINTH_ENOENT;
}

enum plinth_status init_balloon_show(void *ctx, const char *name, struct monitor *out)
{
	struct vm *vm = vm_find(name);

	(void)ctx;
	if (vm == NULL) {
		return PLINTH_ENOENT;
	}
	if (!vm->backdoor.config.vmware) {
		return PLINTH_ENOTSUP;
	}
	backdoor_get_report(&vm->backdoor, &report);
	print_balloon(vm, out);
	return PLINTH_OK;
}

enum plinth_status init_balloon_set(void *ctx, const char *name, size_t mib)
{
	struct backdoor_vm *vm = backdoor_of(name);

	(void)ctx;
	return vm != NULL ? backdoor_set_balloon(vm, mib * KIB(1) * KIB(1)) : PLINTH_ENOENT;
}

enum plinth_status init_nvram(void *ctx, const char *name, struct monitor *out)
{
	struct vm *vm = vm_find(name);
	struct uefirt_variable v;
	struct uefirt_usage usage;

	(void)ctx;
	if (vm == NULL) {
		return PLINTH_ENOENT;
	}
	uefirt_get_usage(&vm->uefirt, &usage);
	monitor_print(out, "non-volatile %u of %u bytes%s, volatile %u of %u\n", usage.kept,
		usage.keeps ? UEFIRT_KEPT_MAX : 0U, usage.keeps ? "" : " (nobody keeps them)",
		usage.lost, UEFIRT_LOST_MAX);
	for (uint32_t i = 0; uefirt_variable(&vm->uefirt, i, &v) == PLINTH_OK; i++) {
		const uint8_t *d = v.guid.data4;

		monitor_print(out,
			"%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x %c%c%c %5u %s\n",
			v.guid.data1, v.guid.data2, v.guid.data3, d[0], d[1], d[2], d[3], d[4],
			d[5], d[6], d[7], (v.attributes & UEFI_VAR_NON_VOLATILE) != 0U ? 'n' : '-',
			(v.attributes & UEFI_VAR_BOOT) != 0U ? 'b' : '-',
			(v.attributes & UEFI_VAR_RUNTIME) != 0U ? 'r' : '-', v.size, v.name);
	}
	return PLINTH_OK;
}
