/* SPDX-License-Identifier: Apache-2.0 */
/* RPCI and TCLO: what the guest asks and tells, and what it is asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "arch/sysreg.h"
#include "backdoor_rig.h"

static struct rig_channel tclo;

static const struct backdoor_report *report(void)
{
	static struct backdoor_report r;

	backdoor_get_report(&rig.vm, &r);
	return &r;
}

static void check_rpc(const char *request, const char *reply)
{
	assert_string_equal(rig_rpc(request), reply);
}

static void values_go_both_ways(void **state)
{
	char value[8] = "";
	size_t size;

	(void)state;
	assert_int_equal(
		backdoor_info_preset(&rig.vm, "metadata", 8, "from the owner", 14), PLINTH_OK);
	check_rpc("info-get guestinfo.metadata", "1 from the owner");
	check_rpc("info-set guestinfo.ip 10.0.0.1", "1 ");
	assert_int_equal(
		backdoor_info_get(&rig.vm, "ip", 0, value, sizeof(value), &size), PLINTH_OK);
	assert_int_equal(size, 8);
	assert_memory_equal(value, "10.0.0.1", 8);
	assert_int_equal(backdoor_info_get(&rig.vm, "ip", 5, value, 2, &size), PLINTH_OK);
	assert_memory_equal(value, "0.", 2);
	assert_int_equal(backdoor_info_set(&rig.vm, "ip", "---", 3), PLINTH_OK);
	check_rpc("info-get guestinfo.ip", "1 ---");
	assert_int_equal(
		backdoor_info_get(&rig.vm, "i", 0, value, sizeof(value), &size), PLINTH_ENOENT);
}

static void requests_are_cut_and_trimmed(void **state)
{
	struct rig_channel channel;

	(void)state;
	check_rpc("info-set guestinfo.a two words ", "1 "); /* a blank is part of a value */
	check_rpc("info-get guestinfo.a  ", "1 two words ");
	assert_int_equal(rig_open(RIG_RPCI, &channel), RIG_SUCCESS);
	assert_true(rig_send(channel, "info-get guestinfo.a\0", 21));
	assert_string_equal(rig_receive(channel, NULL), "1 two words ");
	assert_true(rig_send(channel, "info-set guestinfo.a x\0", 23));
	assert_string_equal(rig_receive(channel, NULL), "1 ");
	check_rpc("info-get guestinfo.a", "1 x");
	check_rpc("info-set guestinfo.a", "1 "); /* empty */
	check_rpc("info-get guestinfo.a", "1 ");
	assert_int_equal(rig_close(channel), RIG_SUCCESS);
}

static void what_has_no_value(void **state)
{
	(void)state;
	check_rpc("info-get guestinfo.none", "0 No value found");
	check_rpc("info-get other.a", "0 No value found");
	check_rpc("info-get guestinfo.", "0 No value found");
	check_rpc("info-get", "0 No value found");
	check_rpc("info-set other.a b", "0 Permission denied");
	check_rpc("info-set guestinfo.\x01 b", "0 Invalid key");
	check_rpc("info-set guestinfo."
		  "0123456789012345678901234567890123456789012345678901234567890 b",
		"0 Invalid key");
	check_rpc("info-getx guestinfo.a", "0 Unknown command");
	check_rpc(" ", "0 Unknown command");
}

static void presets_come_back_when_it_is_off(void **state)
{
	char key[BACKDOOR_KEY_SIZE];

	(void)state;
	assert_int_equal(backdoor_info_preset(&rig.vm, "a", 1, "preset", 6), PLINTH_OK);
	assert_int_equal(backdoor_info_preset(&rig.vm, "a", 1, "again", 5), PLINTH_EEXIST);
	assert_int_equal(backdoor_info_preset(&rig.vm, "a b", 3, "", 0), PLINTH_EINVAL);
	assert_int_equal(backdoor_info_preset(&rig.vm, "", 0, "", 0), PLINTH_EINVAL);
	assert_int_equal(backdoor_info_preset(&rig.vm, "b", 1, "", BACKDOOR_MESSAGE_MAX + 1U),
		PLINTH_EINVAL);
	check_rpc("info-set guestinfo.a set", "1 ");
	check_rpc("info-set guestinfo.b set", "1 ");
	backdoor_reset(&rig.vm); /* the guest restarts */
	check_rpc("info-get guestinfo.a", "1 set");
	assert_int_equal(backdoor_info_key(&rig.vm, 1, key), PLINTH_OK);
	assert_string_equal(key, "b");
	backdoor_off(&rig.vm);
	check_rpc("info-get guestinfo.a", "1 preset");
	check_rpc("info-get guestinfo.b", "0 No value found");
	assert_int_equal(backdoor_info_key(&rig.vm, 0, key), PLINTH_OK);
	assert_string_equal(key, "a");
	assert_int_equal(backdoor_info_key(&rig.vm, 1, key), PLINTH_ENOENT);
}

static void values_are_bounded(void **state)
{
	static char big[BACKDOOR_MESSAGE_MAX];
	char key[8];
	unsigned count = 0;

	(void)state;
	while (count < 200U) {
		snprintf(key, sizeof(key), "k%u", count);
		if (backdoor_info_set(&rig.vm, key, "v", 1) != PLINTH_OK) {
			break;
		}
		count++;
	}
	assert_int_equal(count, BACKDOOR_INFO_MAX);
	assert_int_equal(backdoor_info_set(&rig.vm, "more", "v", 1), PLINTH_ENOMEM);
	for (count = 0; count < BACKDOOR_INFO_MAX; count++) {
		snprintf(key, sizeof(key), "k%u", count);
		if (backdoor_info_set(&rig.vm, key, big, sizeof(big)) != PLINTH_OK) {
			break;
		}
	}
	assert_true(count > 5U && count < 16U); /* 1 MiB */
	check_rpc("info-set guestinfo.more v", "0 Out of memory");
	snprintf(key, sizeof(key), "k%u", count);
	assert_int_equal(backdoor_info_get(&rig.vm, key, 0, big, 1, &(size_t){0}), PLINTH_OK);
	assert_int_equal(big[0], 'v'); /* the former value stays */
}

static void the_guest_reports_itself(void **state)
{
	(void)state;
	check_rpc("SetGuestInfo  1 debian.example", "1 ");
	check_rpc("SetGuestInfo  5 Debian GNU/Linux 12 \n", "1 ");
	check_rpc("SetGuestInfo  10 \x01\x02tail\x7f", "1 ");
	check_rpc("SetGuestInfo  12 x", "0 Invalid arguments");
	check_rpc("SetGuestInfo  0 x", "0 Invalid arguments");
	check_rpc("SetGuestInfo  x", "0 Invalid arguments");
	check_rpc("SetGuestInfo  4294967297 x", "0 Invalid arguments");
	check_rpc("SetGuestInfo", "0 Invalid arguments");
	check_rpc("tools.set.versiontype 12325 4", "1 ");
	check_rpc("tools.capability.statechange 1", "1 ");
	check_rpc("tools.capability.", "0 Unknown command");
	check_rpc("vmx.capability.unified_loop toolbox", "1 ");
	assert_string_equal(report()->fact[BACKDOOR_FACT_DNS_NAME], "debian.example");
	assert_string_equal(report()->fact[BACKDOOR_FACT_OS_FULL], "Debian GNU/Linux 12");
	assert_string_equal(report()->fact[BACKDOOR_FACT_NIC_NEW], "??tail?");
	assert_int_equal(report()->tools_version, 12325);
	assert_int_equal(report()->tools_type, 4);
	check_rpc("tools.set.version 12326 ", "1 ");
	assert_int_equal(report()->tools_version, 12326);
}

/* As today's tools do it, and as those before them. */
static void its_address_is_told_in_either_way(void **state)
{
	(void)state;
	assert_string_equal(report()->fact[BACKDOOR_FACT_IP], "");
	check_rpc("info-set guestinfo.ip 192.0.2.7", "1 ");
	assert_string_equal(report()->fact[BACKDOOR_FACT_IP], "192.0.2.7");
	check_rpc("SetGuestInfo  2 192.0.2.8", "1 ");
	assert_string_equal(report()->fact[BACKDOOR_FACT_IP], "192.0.2.8");
}

static void long_facts_are_cut(void **state)
{
	static char request[300] = "SetGuestInfo  3 ";

	(void)state;
	memset(request + 16, 'd', sizeof(request) - 17U);
	check_rpc(request, "1 ");
	assert_int_equal(strlen(report()->fact[BACKDOOR_FACT_DISKS]), BACKDOOR_TEXT_SIZE - 1U);
}

/* What no message needs is not looked through: a word of 128 bytes is as good as a longer one, more
 * than 128 blanks do not belong together, and of what is cut only the rest is trimmed. */
static void long_messages_are_not_walked(void **state)
{
	static char request[1024];

	(void)state;
	snprintf(request, sizeof(request), "SetGuestInfo %200s1 x", "");
	check_rpc(request, "0 Invalid arguments");
	snprintf(request, sizeof(request), "SetGuestInfo %0500d x", 1);
	check_rpc(request, "0 Invalid arguments");
	snprintf(request, sizeof(request), "SetGuestInfo 3 %0100d%300sx", 7, "");
	check_rpc(request, "1 ");
	assert_int_equal(strlen(report()->fact[BACKDOOR_FACT_DISKS]), 100);
	snprintf(request, sizeof(request), "info-set guestinfo.%0200d x", 1);
	check_rpc(request, "0 Invalid key");
	snprintf(request, sizeof(request), "info-get guestinfo.%0200d", 1);
	check_rpc(request, "0 No value found");
	snprintf(request, sizeof(request), "info-get %200sguestinfo.a", "");
	check_rpc(request, "0 No value found");
}

static bool is_zero_from(const char *text, size_t size)
{
	for (size_t i = strlen(text); i < size; i++) {
		if (text[i] != '\0') {
			return false;
		}
	}
	return true;
}

/* Keys and facts are copied out whole, to VMs that manage this one. */
static void nothing_of_former_text_stays(void **state)
{
	char key[BACKDOOR_KEY_SIZE];

	(void)state;
	check_rpc("SetGuestInfo  1 a-long-name.example", "1 ");
	check_rpc("SetGuestInfo  1 short", "1 ");
	assert_true(is_zero_from(report()->fact[BACKDOOR_FACT_DNS_NAME], BACKDOOR_TEXT_SIZE));
	check_rpc("info-set guestinfo.a-long-key-of-a-former-start x", "1 ");
	backdoor_off(&rig.vm);
	check_rpc("info-set guestinfo.k x", "1 ");
	assert_int_equal(backdoor_info_key(&rig.vm, 0, key), PLINTH_OK);
	assert_string_equal(key, "k");
	assert_true(is_zero_from(key, sizeof(key)));
}

static void log_lines_and_crashes_reach_the_log(void **state)
{
	char line[LOG_LINE_SIZE];
	uint64_t time;
	bool has_text = false;
	bool has_crash = false;

	(void)state;
	check_rpc("log vmsvc: \x1b[2J started\n", "1 ");
	memset(rig.x, 0, sizeof(rig.x));
	rig.x[0] = BACKDOOR_MAGIC;
	rig.x[1] = 0xdead;
	rig.x[2] = 102;
	rig.x[3] = BACKDOOR_PORT;
	rig.x[7] = 0xe;
	assert_int_equal(rig_call(1), BACKDOOR_DONE);
	for (uint64_t n = 0; log_next(&n, line, &time) != 0U;) {
		has_text =
			has_text || strstr(line, "vm rig: guest says: vmsvc: ?[2J started") != NULL;
		has_crash = has_crash || strstr(line, "vm rig: crash report: 0xdead") != NULL;
	}
	assert_true(has_text);
	assert_true(has_crash);
}

/* One poll of the tools: sends `answer`, returns what they are asked, or NULL. */
static const char *poll(const char *answer)
{
	assert_true(rig_send(tclo, answer, strlen(answer)));
	return rig_receive(tclo, NULL);
}

static void connect(void)
{
	assert_int_equal(rig_open(RIG_TCLO | RIG_COOKIES, &tclo), RIG_SUCCESS);
	assert_string_equal(poll(""), "reset");
}

/* Up to where nothing more is asked. */
static void come_up(void)
{
	connect();
	assert_string_equal(poll("OK ATR toolbox"), "Capabilities_Register");
	assert_string_equal(poll("OK "), "Set_Option broadcastIP 1");
	assert_string_equal(poll("OK "), "Set_Option synctime 0");
	assert_string_equal(poll("OK "), "OS_PowerOn");
	assert_null(poll("OK "));
}

static void tools_come_up(void **state)
{
	(void)state;
	assert_int_equal(report()->health, BACKDOOR_NO_TOOLS);
	assert_int_equal(backdoor_request(&rig.vm, BACKDOOR_HALT), PLINTH_EPERM);
	come_up();
	assert_int_equal(backdoor_answer(&rig.vm, BACKDOOR_POWER_ON), BACKDOOR_ACCEPTED);
	check_rpc("tools.os.statechange.status 1 3", "1 ");
	assert_int_equal(backdoor_answer(&rig.vm, BACKDOOR_POWER_ON), BACKDOOR_FINISHED);
	assert_int_equal(report()->health, BACKDOOR_LISTENING);
	assert_null(poll(""));
}

static void a_restarted_daemon_is_not_told_of_power_on(void **state)
{
	(void)state;
	come_up();
	assert_int_equal(rig_close(tclo), RIG_SUCCESS);
	assert_int_equal(report()->health, BACKDOOR_SILENT);
	connect();
	assert_string_equal(poll("OK ATR toolbox"), "Capabilities_Register");
	assert_string_equal(poll("OK "), "Set_Option broadcastIP 1");
	assert_string_equal(poll("OK "), "Set_Option synctime 0");
	assert_null(poll("OK "));
}

static void preset(const char *key, const char *value)
{
	assert_int_equal(
		backdoor_info_preset(&rig.vm, key, strlen(key), value, strlen(value)), PLINTH_OK);
}

/* Options with values of the owner's, each time the tools come up; what the guest sets is its own
 * affair, and what cannot be a value is left out. */
static void the_owners_options(void **state)
{
	(void)state;
	preset("time.synchronize.tools.startup", "1");
	preset("time.synchronize.tools.startup.backward", "0");
	preset("time.synchronize.tools.slewCorrection", "1");
	preset("time.synchronize.tools.percentCorrection", "12345678901234567");
	preset("time.synchronize.tools.other", "1");
	preset("synctime.period", "30");
	check_rpc("info-set guestinfo.time.synchronize.tools.startup 0", "1 ");
	check_rpc("info-set guestinfo.time.synchronize.tools.enable 1", "1 ");
	connect();
	assert_string_equal(poll("OK ATR toolbox"), "Capabilities_Register");
	assert_string_equal(poll("OK "), "Set_Option broadcastIP 1");
	assert_string_equal(poll("OK "), "Set_Option synctime 0");
	assert_string_equal(poll("OK "), "Set_Option time.synchronize.tools.slewCorrection 1");
	assert_string_equal(poll("OK "), "Set_Option synctime.period 30");
	assert_string_equal(poll("OK "), "Set_Option time.synchronize.tools.startup.backward 0");
	assert_string_equal(poll("OK "), "Set_Option time.synchronize.tools.startup 1");
	assert_string_equal(poll("ERROR "), "OS_PowerOn");
	assert_null(poll("OK "));
}

static void another_program_is_asked_nothing(void **state)
{
	(void)state;
	connect();
	assert_null(poll("OK ATR toolbox-dnd"));
	assert_null(poll(""));
	assert_int_not_equal(report()->health, BACKDOOR_LISTENING);
	connect();
	assert_null(poll("ERROR Unknown Command"));
}

static void pings_show_health(void **state)
{
	(void)state;
	come_up();
	rig_pass_seconds(6);
	assert_string_equal(poll(""), "ping");
	assert_null(poll("OK "));
	assert_int_equal(report()->pings, 1);
	rig_pass_seconds(14);
	assert_int_equal(report()->health, BACKDOOR_LISTENING);
	rig_pass_seconds(2);
	assert_int_equal(report()->health, BACKDOOR_SILENT);
	assert_int_equal(backdoor_request(&rig.vm, BACKDOOR_HALT), PLINTH_EPERM);
	assert_string_equal(poll(""), "ping");
	assert_null(poll("ERROR"));
	assert_int_equal(report()->pings, 1);
	assert_int_equal(report()->health, BACKDOOR_LISTENING);
}

static void power_operations_are_asked_for(void **state)
{
	static const struct {
		enum backdoor_power power;
		const char *text;
		const char *done;
	} operations[] = {
		{BACKDOOR_HALT, "OS_Halt", "tools.os.statechange.status 1 1"},
		{BACKDOOR_REBOOT, "OS_Reboot", "tools.os.statechange.status 1 2"},
		{BACKDOOR_SUSPEND, "OS_Suspend", "tools.os.statechange.status 1 5"},
		{BACKDOOR_RESUME, "OS_Resume", "tools.os.statechange.status 1 4"},
	};

	(void)state;
	come_up();
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		enum backdoor_power power = operations[i].power;

		assert_int_equal(backdoor_answer(&rig.vm, power), BACKDOOR_NOT_ASKED);
		assert_int_equal(backdoor_request(&rig.vm, power), PLINTH_OK);
		assert_int_equal(backdoor_answer(&rig.vm, power), BACKDOOR_WAITING);
		assert_string_equal(poll(""), operations[i].text);
		assert_int_equal(backdoor_answer(&rig.vm, power), BACKDOOR_WAITING);
		assert_null(poll("OK "));
		assert_int_equal(backdoor_answer(&rig.vm, power), BACKDOOR_ACCEPTED);
		check_rpc(operations[i].done, "1 ");
		assert_int_equal(backdoor_answer(&rig.vm, power), BACKDOOR_FINISHED);
	}
	assert_int_equal(report()->last_power, 4);
	check_rpc("tools.os.statechange.status 1 6", "0 Invalid arguments");
	check_rpc("tools.os.statechange.status 1 0", "0 Invalid arguments");
	check_rpc("tools.os.statechange.status x 1", "0 Invalid arguments");
}

static void a_refusal_is_told(void **state)
{
	(void)state;
	come_up();
	assert_int_equal(backdoor_request(&rig.vm, BACKDOOR_HALT), PLINTH_OK);
	assert_string_equal(poll(""), "OS_Halt");
	assert_null(poll("ERROR"));
	assert_int_equal(backdoor_answer(&rig.vm, BACKDOOR_HALT), BACKDOOR_REFUSED);
	assert_int_equal(backdoor_request(&rig.vm, BACKDOOR_SUSPEND), PLINTH_OK);
	assert_string_equal(poll(""), "OS_Suspend");
	assert_null(poll("OK "));
	check_rpc("tools.os.statechange.status 0 5", "1 "); /* its script failed */
	assert_int_equal(backdoor_answer(&rig.vm, BACKDOOR_SUSPEND), BACKDOOR_REFUSED);
	backdoor_reset(&rig.vm);
	assert_int_equal(backdoor_answer(&rig.vm, BACKDOOR_HALT), BACKDOOR_NOT_ASKED);
}

static uint32_t gui_options(void)
{
	rig.x[0] = BACKDOOR_MAGIC;
	rig.x[2] = 13;
	rig.x[3] = BACKDOOR_PORT;
	rig.x[7] = 0xe;
	assert_int_equal(rig_call(0), BACKDOOR_DONE);
	return (uint32_t)rig.x[0];
}

static void time_is_kept_where_the_guest_wants_it(void **state)
{
	(void)state;
	come_up();
	assert_int_equal(gui_options(), 0);
	check_rpc("vmx.set_option synctime 0 1", "1 ");
	assert_int_equal(gui_options(), 0x400);
	assert_string_equal(poll(""), "Set_Option synctime 1");
	assert_null(poll("OK "));
	rig_pass_seconds(1000); /* it was paused; who listened before gets it */
	assert_int_equal(backdoor_request(&rig.vm, BACKDOOR_RESUME), PLINTH_OK);
	assert_string_equal(poll(""), "OS_Resume");
	assert_string_equal(poll("OK "), "Time_Synchronize 0");
	assert_string_equal(poll("OK "), "ping");
	assert_null(poll("OK "));
	check_rpc("vmx.set_option synctime 1 0", "1 ");
	assert_string_equal(poll(""), "Set_Option synctime 0");
	assert_int_equal(gui_options(), 0);
	check_rpc("vmx.set_option other 1 0", "0 Invalid arguments");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		RIG_TEST(values_go_both_ways),
		RIG_TEST(requests_are_cut_and_trimmed),
		RIG_TEST(what_has_no_value),
		RIG_TEST(presets_come_back_when_it_is_off),
		RIG_TEST(values_are_bounded),
		RIG_TEST(the_guest_reports_itself),
		RIG_TEST(its_address_is_told_in_either_way),
		RIG_TEST(long_facts_are_cut),
		RIG_TEST(long_messages_are_not_walked),
		RIG_TEST(nothing_of_former_text_stays),
		RIG_TEST(log_lines_and_crashes_reach_the_log),
		RIG_TEST(tools_come_up),
		RIG_TEST(a_restarted_daemon_is_not_told_of_power_on),
		RIG_TEST(the_owners_options),
		RIG_TEST(another_program_is_asked_nothing),
		RIG_TEST(pings_show_health),
		RIG_TEST(power_operations_are_asked_for),
		RIG_TEST(a_refusal_is_told),
		RIG_TEST(time_is_kept_where_the_guest_wants_it),
	};

	rig_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
