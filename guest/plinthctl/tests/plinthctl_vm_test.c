/* SPDX-License-Identifier: Apache-2.0 */
/* plinthctl where VMs come and go, and others make and destroy some too. */
#include "fake_plinth.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/compiler.h"

static int setup(void **state)
{
	(void)state;
	fake_reset();
	return 0;
}

static void check(const struct fake_result *r, int status, const char *error)
{
	assert_string_equal(r->err, error);
	assert_int_equal(r->status, status);
}

static void names_are_found(void **state)
{
	(void)state;
	const struct fake_result *r = fake_run("vm list");

	check(r, 0, "");
	assert_non_null(strstr(r->out, "web"));
	check(fake_run("vm info none"), 1,
		"plinthctl: no VM is called none; `plinthctl vm list` shows them\n");
}

/* Somebody makes one of that name, which he will be told is taken, or does not go on with it. */
static void a_half_built_vm_hides_none(void **state)
{
	(void)state;
	(void)fake_add("web", 2, CONTROL_STATE_MAKING);
	check(fake_run("vm stop web --now"), 0, "");
	assert_int_equal(fake->last[CONTROL_STOP].vm, 1);
	/* Where it is all there is, it is what is meant. */
	(void)fake_add("mail", 3, CONTROL_STATE_MAKING);
	check(fake_run("vm stop mail --now"), 1,
		"plinthctl: vm stop mail: no such VM any more; `plinthctl vm list` shows them\n");
}

/* The one that leaves has the lower handle, or the higher one. */
static void one_that_leaves_hides_none(void **state)
{
	(void)state;
	fake->vm[1].state = CONTROL_STATE_LEAVING;
	(void)fake_add("web", 3, CONTROL_STATE_OFF);
	(void)fake_add("web", 2, CONTROL_STATE_LEAVING);
	check(fake_run("vm start web"), 0, "");
	assert_int_equal(fake->last[CONTROL_START].vm, 3);
}

static void check_figures(const char *words)
{
	const struct fake_result *r = fake_run(words);

	check(r, 0, "");
	assert_non_null(strstr(r->out, "boss"));
	assert_non_null(strstr(r->out, "web"));
	assert_null(strstr(r->out, "mail"));
}

static void figures_are_of_vms_that_are_there(void **state)
{
	(void)state;
	(void)fake_add("mail", 2, CONTROL_STATE_MAKING);
	check_figures("metrics");
	check_figures("--json metrics");
	check_figures("top --once");
	check_figures("--json top --once");
}

/* Others' events, one at each wait; the VM's own is the last. */
static void tell_one_more(void)
{
	fake->number++;
	fake_post(CONTROL_EVENT_STATE, fake->number == fake->until ? 1 : 0,
		fake->number == fake->until ? CONTROL_STATE_GONE : CONTROL_STATE_RUNNING);
	fake->now_ms += 100;
	if (fake->posted == FAKE_EVENTS) {
		fake->posted = 0;
		fake->lost = 0;
	}
}

static uint32_t events_go_round(struct plinth_control *call)
{
	struct control_event *event = call->buffer;

	fake->is_high = false;
	call->result[0] = fake->number;
	if (call->arg < fake->number) {
		*event = fake->event[(fake->number - 1U) % FAKE_EVENTS];
		call->done = sizeof(*event);
	}
	return CONTROL_OK;
}

/* However much happens on the machine meanwhile. */
static void destroy_ends_when_it_is_gone(void **state)
{
	(void)state;
	fake_serve[CONTROL_EVENTS] = events_go_round;
	fake_idle = tell_one_more;
	fake->until = 700;
	check(fake_run("vm destroy web"), 0, "");
	assert_int_equal(fake->number, 700);
	assert_int_equal(fake->last[CONTROL_DESTROY].arg2, 0);
}

static void destroy_says_when_it_has_not(void **state)
{
	(void)state;
	check(fake_run("vm destroy web"), 1,
		"plinthctl: vm destroy: web is still leaving; `plinthctl vm list` shows it until "
		"it has left, `plinthctl host` what memory is back\n");
	assert_in_range(fake->now_ms, 120000, 130000);
}

static void lose_events(void)
{
	fake->lost = 5;
	fake->number++;
	if (fake->number == 10U) {
		fake->vm[1].vm = 7; /* another one, of that name */
	}
}

static void lost_events_do_not_mean_that_it_is_gone(void **state)
{
	(void)state;
	fake_idle = lose_events;
	check(fake_run("vm destroy web"), 0, "");
	assert_int_equal(fake->number, 10);
}

/* Variables of no VM's form: they are kept as they are. */
static uint32_t read_nvram(struct plinth_control *call)
{
	call->done = 24;
	memset(call->buffer, 0, call->done);
	call->result[0] = call->done;
	return fake->vm[1].vm == call->vm ? CONTROL_OK : CONTROL_NO_SUCH_VM;
}

/* They change; then the VM is taken away, and another one made that has its name and handle. */
static void change_and_leave(void)
{
	fake->number++;
	if (fake->number == 1U) {
		fake_post(CONTROL_EVENT_NVRAM, 0, 0);
	} else if (fake->number == 2U) {
		fake_post(CONTROL_EVENT_NVRAM, 1, 0);
	} else if (fake->number == 3U) {
		fake_post(CONTROL_EVENT_STATE, 1, CONTROL_STATE_GONE);
		fake_post(CONTROL_EVENT_STATE, 1, CONTROL_STATE_OFF);
	}
}

/* Events are lost: once of others alone, then one has come in the VM's place. */
static void lose_and_leave(void)
{
	fake->number++;
	fake_post(CONTROL_EVENT_STATE, 0, CONTROL_STATE_RUNNING);
	fake->lost = 1;
	if (fake->number == 2U) {
		snprintf(fake->vm[1].name, sizeof(fake->vm[1].name), "mail");
	}
}

static void following_variables_ends_with_the_vm(void **state)
{
	void (*const what[])(void) = {change_and_leave, lose_and_leave};
	char path[64];
	char words[96];
	char error[160];

	snprintf(path, sizeof(path), "/tmp/plinthctl-vm-%d", (int)getpid());
	snprintf(words, sizeof(words), "nvram save web %s --follow", path);
	snprintf(error, sizeof(error),
		"plinthctl: nvram: web has left, and with it what is not in %s\n", path);
	for (unsigned i = 0; i < ARRAY_SIZE(what); i++) {
		(void)setup(state);
		fake_serve[CONTROL_NVRAM_READ] = read_nvram;
		fake_idle = what[i];
		fake_post(CONTROL_EVENT_STATE, 1, CONTROL_STATE_GONE); /* long before */
		check(fake_run(words), 1, error);
		assert_int_equal(fake->calls[CONTROL_NVRAM_READ], 2);
	}
	assert_int_equal(remove(path), 0);
}

/* Numbers are what they are, or refused: not their lower half. */
static void large_numbers_are_not_cut(void **state)
{
	(void)state;
	check(fake_run("vm stop web --timeout 4294967296"), 0, "");
	assert_int_equal(fake->last[CONTROL_STOP].arg, UINT64_C(4294967296));
	check(fake_run("registers web --vcpu 4294967296"), 1,
		"plinthctl: --vcpu: no VM has a vCPU 4294967296\n");
	check(fake_run("translate web 0 --vcpu 4294967295"), 1,
		"plinthctl: --vcpu: no VM has a vCPU 4294967295\n");
}

static void events_have_handles_and_say_what_is_lost(void **state)
{
	(void)state;
	fake_post(CONTROL_EVENT_STATE, 5, CONTROL_STATE_GONE);
	fake_post(CONTROL_EVENT_STATE, 1, CONTROL_STATE_RUNNING);
	fake->lost = 3;
	const struct fake_result *r = fake_run("--json events");

	check(r, 0, "");
	assert_string_equal(r->out,
		"{\"lost\":3}\n"
		"{\"time_us\":0,\"event\":\"state\",\"vm\":\"-\",\"id\":5,\"state\":\"gone\"}\n"
		"{\"time_us\":0,\"event\":\"state\",\"vm\":\"web\",\"id\":1,\"state\":\"running\"}"
		"\n");
	fake->lost = 3;
	r = fake_run("events");
	check(r, 0, "");
	assert_string_equal(r->out, "[3 older events are gone]\n"
				    "    0.000000 state     (id 5): gone\n"
				    "    0.000000 state     web: running\n");
}

static uint32_t vcpus_that_ran(struct plinth_control *call)
{
	struct control_vcpu *vcpu = call->buffer;

	call->result[0] = 1;
	if (call->arg == 0U) {
		*vcpu = (struct control_vcpu){
			.ran = fake->number, .stolen = fake->number, .exits_hvc = fake->number};
		call->done = sizeof(*vcpu);
	}
	return CONTROL_OK;
}

static void replace(void)
{
	fake->number = 10;
}

static void replace_by_another(void)
{
	fake->number = 5010;
	snprintf(fake->vm[1].name, sizeof(fake->vm[1].name), "mail");
}

/* Another one got its handle, and its name or not, between two looks. */
static void top_tells_one_vm_from_the_next(void **state)
{
	(void)state;
	fake_serve[CONTROL_VCPUS] = vcpus_that_ran;
	fake->number = 5000;
	fake_idle = replace;
	const struct fake_result *r = fake_run("--json top --once");

	check(r, 0, "");
	assert_non_null(strstr(r->out, "\"name\":\"web\",\"state\":\"running\",\"cpu_permille\":10,"
				       "\"steal_permille\":10,\"used_bytes\":0,\"hvc\":10,"));
	fake->number = 5000;
	fake_idle = replace_by_another;
	r = fake_run("--json top --once");
	check(r, 0, "");
	assert_non_null(
		strstr(r->out, "\"name\":\"mail\",\"state\":\"running\",\"cpu_permille\":5010,"));
	assert_non_null(
		strstr(r->out, "\"name\":\"boss\",\"state\":\"running\",\"cpu_permille\":10,"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
	static const struct CMUnitTest tests[] = {
		TEST(names_are_found),
		TEST(a_half_built_vm_hides_none),
		TEST(one_that_leaves_hides_none),
		TEST(figures_are_of_vms_that_are_there),
		TEST(destroy_ends_when_it_is_gone),
		TEST(destroy_says_when_it_has_not),
		TEST(lost_events_do_not_mean_that_it_is_gone),
		TEST(following_variables_ends_with_the_vm),
		TEST(large_numbers_are_not_cut),
		TEST(events_have_handles_and_say_what_is_lost),
		TEST(top_tells_one_vm_from_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
