/* SPDX-License-Identifier: Apache-2.0 */
/* gdb's protocol against a VM of two vCPUs that notes what is asked of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "libgdb/server.h"

#define VCPUS	  2U
#define MEMORY	  0x400000U
#define EL1H	  5U
#define PSTATE_IT 0x60000000U

static struct gdb_server server;

static struct {
	struct control_registers registers[VCPUS];
	uint8_t memory[256];
	bool refuses;
	uint32_t vcpu; /* of the last memory access */
	struct gdb_run run;
	unsigned runs;
	unsigned interrupts;
	enum gdb_point point;
	uint64_t point_at;
	uint64_t point_size;
	int points;
} vm;

static bool read_registers(void *ctx, uint32_t vcpu, struct control_registers *r)
{
	(void)ctx;
	*r = vm.registers[vcpu];
	return !vm.refuses;
}

static bool write_registers(void *ctx, uint32_t vcpu, const struct control_registers *r)
{
	(void)ctx;
	if (!vm.refuses) {
		vm.registers[vcpu] = *r;
	}
	return !vm.refuses;
}

static bool has(uint64_t gva, size_t size)
{
	return gva >= MEMORY && size <= sizeof(vm.memory) &&
	       gva - MEMORY <= sizeof(vm.memory) - size;
}

static bool read_memory(void *ctx, uint32_t vcpu, uint64_t gva, void *bytes, size_t size)
{
	(void)ctx;
	vm.vcpu = vcpu;
	if (!has(gva, size)) {
		return false;
	}
	memcpy(bytes, vm.memory + (gva - MEMORY), size);
	return true;
}

static bool write_memory(void *ctx, uint32_t vcpu, uint64_t gva, const void *bytes, size_t size)
{
	(void)ctx;
	vm.vcpu = vcpu;
	if (!has(gva, size)) {
		return false;
	}
	memcpy(vm.memory + (gva - MEMORY), bytes, size);
	return true;
}

static bool put(void *ctx, uint32_t vcpu, enum gdb_point point, uint64_t gva, uint64_t size)
{
	(void)ctx;
	(void)vcpu;
	vm.point = point;
	vm.point_at = gva;
	vm.point_size = size;
	vm.points++;
	return !vm.refuses;
}

static bool take(void *ctx, enum gdb_point point, uint64_t gva, uint64_t size)
{
	(void)put(ctx, 0, point, gva, size);
	vm.points -= 2;
	return !vm.refuses;
}

static bool run(void *ctx, const struct gdb_run *how)
{
	(void)ctx;
	vm.run = *how;
	vm.runs++;
	return !vm.refuses;
}

static bool interrupt(void *ctx)
{
	(void)ctx;
	vm.interrupts++;
	return !vm.refuses;
}

static void describe(void *ctx, uint32_t vcpu, char *text, size_t room)
{
	(void)ctx;
	(void)snprintf(text, room, "vcpu %u", vcpu);
}

static const struct gdb_ops ops = {read_registers, write_registers, read_memory, write_memory, put,
	take, run, interrupt, describe};

static int setup(void **state)
{
	(void)state;
	memset(&vm, 0, sizeof(vm));
	for (unsigned n = 0; n < VCPUS; n++) {
		struct control_registers *r = &vm.registers[n];

		for (unsigned i = 0; i < 31U; i++) {
			r->x[i] = 0x100U * (n + 1U) + i;
		}
		r->pc = UINT64_C(0xffff800008010000) + n;
		r->pstate = PSTATE_IT | EL1H;
		r->sp_el0 = 0xe10;
		r->sp_el1 = 0xe11;
		r->fp[31][1] = UINT64_C(0x1122334455667788);
		r->fpsr = 0x10;
		r->fpcr = 0x20;
		r->spsr_el1 = 0x3c5;
	}
	gdb_server_init(&server, &ops, NULL, VCPUS);
	return 0;
}

/* The answer to a packet; "(none)" where there is none. */
static const char *ask(const char *packet)
{
	gdb_server_packet(&server, packet, strlen(packet));
	return server.is_answered ? server.reply : "(none)";
}

#define ASK(packet, answer) assert_string_equal(ask(packet), answer)

static void stopped(uint32_t vcpu, enum gdb_why why)
{
	const struct gdb_stop stop = {.vcpu = vcpu, .why = why};

	gdb_server_stopped(&server, &stop);
}

static enum gdb_input feed(struct gdb_reader *reader, const char *text)
{
	enum gdb_input last = GDB_NOTHING;

	for (size_t i = 0; text[i] != '\0'; i++) {
		last = gdb_take(reader, (uint8_t)text[i]);
	}
	return last;
}

static void packets(void **state)
{
	static struct gdb_reader reader;
	static char frame[GDB_FRAME_MAX];

	(void)state;
	assert_int_equal(feed(&reader, "noise$g#67"), GDB_PACKET);
	assert_string_equal(reader.data, "g");
	assert_int_equal(feed(&reader, "$g#68"), GDB_BROKEN);
	assert_int_equal(feed(&reader, "$g#6x"), GDB_BROKEN);
	assert_int_equal(feed(&reader, "$m10,4$g#67"), GDB_PACKET); /* the first never ended */
	assert_string_equal(reader.data, "g");
	assert_int_equal(feed(&reader, "$}\x03"
				       "a#01"),
		GDB_BROKEN);
	assert_int_equal(feed(&reader, "$}\x03#80"), GDB_PACKET); /* inside it is no interrupt */
	assert_string_equal(reader.data, "#");
	assert_int_equal(feed(&reader, "$}#"), GDB_BROKEN);
	assert_int_equal(feed(&reader, "a0"), GDB_NOTHING);
	assert_int_equal(feed(&reader, "+"), GDB_ACK);
	assert_int_equal(feed(&reader, "\x03"), GDB_INTERRUPT);
	assert_int_equal(feed(&reader, "-"), GDB_NAK);
	size_t size = gdb_frame("a$#}*b", 6, frame);

	frame[size] = '\0';
	assert_string_equal(frame, "$a}\x04}\x03}]}\nb#25");
	assert_int_equal(feed(&reader, frame), GDB_PACKET);
	assert_string_equal(reader.data, "a$#}*b");
	assert_int_equal(reader.size, 6);
}

static void a_packet_that_is_too_long(void **state)
{
	static struct gdb_reader reader;

	(void)state;
	(void)gdb_take(&reader, '$');
	for (unsigned i = 0; i < 2U * GDB_PACKET_MAX; i++) {
		assert_int_equal(gdb_take(&reader, 'a'), GDB_NOTHING);
	}
	assert_int_equal(gdb_take(&reader, '#'), GDB_BROKEN);
	assert_int_equal(feed(&reader, "$g#67"), GDB_PACKET);
}

static void what_it_is(void **state)
{
	static char text[8192];
	size_t at = 0;
	char packet[64];

	(void)state;
	assert_non_null(strstr(
		ask("qSupported:swbreak+;hwbreak+;xmlRegisters=i386"), "qXfer:features:read+"));
	ASK("qfThreadInfo", "m1,2");
	ASK("qsThreadInfo", "l");
	ASK("qC", "QC1");
	ASK("qAttached", "1");
	ASK("qSymbol::", "OK");
	ASK("qThreadExtraInfo,2", "766370752031");
	ASK("qThreadExtraInfo,3", "E16");
	ASK("T1", "OK");
	ASK("T3", "E16");
	ASK("T0", "E16");
	ASK("qSomething", "");
	ASK("!", "");
	ASK("", "");
	/* target.xml by pieces of 100 */
	do {
		(void)snprintf(packet, sizeof(packet), "qXfer:features:read:target.xml:%zx,64", at);
		(void)ask(packet);
		memcpy(text + at, server.reply + 1, server.reply_size - 1U);
		at += server.reply_size - 1U;
	} while (server.reply[0] == 'm');
	text[at] = '\0';
	assert_non_null(strstr(text, "name=\"x29\""));
	assert_non_null(strstr(text, "name=\"v31\""));
	assert_string_equal(text + at - 9, "</target>");
	ASK("qXfer:features:read:target.xml:ffffffffffffffff,64", "l");
	ASK("qXfer:features:read:target.xml:0", "E16");
	ASK("QStartNoAckMode", "OK");
	assert_false(server.has_acks);
}

static void registers(void **state)
{
	static char all[2048];

	(void)state;
	ASK("p1", "0101000000000000");
	ASK("p1f", "110e000000000000"); /* SP_EL1: it is at EL1h */
	vm.registers[0].pstate = PSTATE_IT;
	ASK("p1f", "100e000000000000");
	vm.registers[0].pstate = PSTATE_IT | EL1H;
	ASK("p20", "00000108"
		   "0080ffff");
	ASK("p21", "05000060");
	ASK("p41", "0000000000000000"
		   "8877665544332211");
	ASK("p42", "10000000");
	ASK("p43", "20000000");
	ASK("p47", "c503000000000000"); /* SPSR_EL1 */
	ASK("p55", "E16");
	ASK("pffffffffffffffff", "E16");
	ASK("p", "E16");
	ASK("P3=efcdab8967452301", "OK");
	assert_int_equal(vm.registers[0].x[3], UINT64_C(0x0123456789abcdef));
	ASK("P21=c5030000", "OK");
	assert_int_equal(vm.registers[0].pstate, 0x3c5);
	ASK("P47=0000000000000000", "OK");
	ASK("P49=0000000000000000", "E16"); /* FAR_EL1 stays */
	ASK("P3=00", "E16");
	ASK("P3=efcdab896745230x", "E16");
	ASK("P3", "E16");
	(void)snprintf(all, sizeof(all), "G%s", ask("g"));
	assert_int_equal(strlen(all), 1U + 2U * (33U * 8U + 4U + 32U * 16U + 8U));
	memcpy(all + 1, "0807060504030201", 16);
	ASK(all, "OK");
	assert_int_equal(vm.registers[0].x[0], UINT64_C(0x0102030405060708));
	assert_int_equal(vm.registers[0].fp[31][1], UINT64_C(0x1122334455667788));
	assert_int_equal(vm.registers[0].sp_el1, 0xe11);
	assert_int_equal(vm.registers[0].sp_el0, 0xe10);
	all[100] = '\0';
	ASK(all, "E16");
	ASK("Hg2", "OK");
	ASK("p1", "0102000000000000");
	vm.refuses = true;
	ASK("p1", "E05");
	ASK("g", "E05");
	ASK("P3=0000000000000000", "E05");
}

static void memory(void **state)
{
	static char packet[64];

	(void)state;
	ASK("M400001,3:aabbcc", "OK");
	ASK("m400000,5", "00aabbcc00");
	ASK("m4000fe,2", "0000");
	ASK("m4000ff,2", "E0e");
	ASK("m0,1", "E0e");
	ASK("m400000,0", "");
	ASK("m400000,2001", "E16"); /* would not fit an answer */
	ASK("m400000,ffffffffffffffff", "E16");
	ASK("m400000", "E16");
	ASK("m,1", "E16");
	ASK("m11112222333344445,1", "E16");
	ASK("M400000,2:aa", "E16");
	ASK("M400000,1:aabb", "E16");
	ASK("M400000,1:ax", "E16");
	ASK("M0,1:aa", "E0e");
	ASK("Hg2", "OK");
	ASK("m400000,1", "00");
	assert_int_equal(vm.vcpu, 1);
	memcpy(packet, "m400000,1\0#", 11);
	gdb_server_packet(&server, packet, 11);
	assert_string_equal(server.reply, "E16");
}

static void points(void **state)
{
	(void)state;
	ASK("Z0,ffff800008010000,4", "OK");
	assert_int_equal(vm.point, GDB_POINT_SOFTWARE);
	assert_int_equal(vm.point_at, UINT64_C(0xffff800008010000));
	assert_int_equal(vm.point_size, 4);
	ASK("Z4,1000,8", "OK");
	assert_int_equal(vm.point, GDB_POINT_ACCESS);
	assert_int_equal(vm.points, 2);
	ASK("z4,1000,8", "OK");
	assert_int_equal(vm.points, 1);
	ASK("Z5,1000,8", "");
	ASK("Z0,1000", "E16");
	ASK("Z0", "E16");
	vm.refuses = true;
	ASK("Z1,1000,4", "E0e");
}

static void check_run(const char *packet, uint32_t vcpu, bool steps, bool alone)
{
	unsigned runs = vm.runs;

	ASK(packet, "(none)");
	assert_int_equal(vm.runs, runs + 1U);
	assert_int_equal(vm.run.vcpu, vcpu);
	assert_int_equal(vm.run.steps, steps);
	assert_int_equal(vm.run.alone, alone);
	ASK("g", "(none)"); /* it runs: nothing is answered */
	stopped(1, GDB_BY_STEP);
	assert_string_equal(server.reply, "T05thread:2;");
	ASK("Hg1", "OK");
}

static void running(void **state)
{
	(void)state;
	ASK("vCont?", "vCont;c;C;s;S");
	check_run("vCont;c", GDB_NO_VCPU, false, false);
	check_run("vCont;C05", GDB_NO_VCPU, false, false);
	check_run("vCont;s:1;c", 0, true, false);
	check_run("vCont;s:2", 1, true, true);
	check_run("vCont;c:2", 1, false, true);
	check_run("vCont;c:2;c", GDB_NO_VCPU, false, false);
	check_run("vCont;s", 0, true, true);
	check_run("vCont;s:-1", 0, true, true);
	check_run("vCont;c:1;s:2", 1, true, true);
	check_run("c", GDB_NO_VCPU, false, false);
	check_run("s", 0, true, true);
	ASK("Hc2", "OK");
	check_run("s", 1, true, true);
	check_run("c", 1, false, true);
	ASK("Hc-1", "OK");
	check_run("c", GDB_NO_VCPU, false, false);
	ASK("c1000", "E16");
	ASK("vCont", "E16");
	ASK("vCont;", "E16");
	ASK("vCont;r", "E16");
	ASK("vCont;s:9", "E16");
	ASK("vCont;C", "E16");
	ASK("vMustReplyEmpty", "");
	ASK("Hg9", "E16");
	ASK("Hx1", "E16");
	ASK("H", "E16");
	vm.refuses = true;
	ASK("vCont;c", "E05");
	vm.refuses = false;
	ASK("g", server.reply); /* it is still stopped */
}

static void why_it_stopped(void **state)
{
	struct gdb_stop stop = {.vcpu = 1, .why = GDB_BY_WATCH, .address = 0x400010};

	(void)state;
	ASK("?", "T02thread:1;");
	ASK("vCont;c", "(none)");
	stopped(0, GDB_BY_SOFTWARE);
	assert_string_equal(server.reply, "T05thread:1;"); /* gdb does not know more */
	(void)ask("qSupported:swbreak+;hwbreak+");
	ASK("?", "T05swbreak:;thread:1;");
	stopped(1, GDB_BY_HARDWARE);
	assert_string_equal(server.reply, "T05hwbreak:;thread:2;");
	ASK("p20", "01000108"
		   "0080ffff"); /* that thread is the current one */
	stop.point = GDB_POINT_WRITE;
	gdb_server_stopped(&server, &stop);
	assert_string_equal(server.reply, "T05watch:400010;thread:2;");
	stop.point = GDB_POINT_READ;
	gdb_server_stopped(&server, &stop);
	assert_string_equal(server.reply, "T05rwatch:400010;thread:2;");
	stop.point = GDB_POINT_ACCESS;
	gdb_server_stopped(&server, &stop);
	assert_string_equal(server.reply, "T05awatch:400010;thread:2;");
}

static void interrupts(void **state)
{
	(void)state;
	gdb_server_interrupt(&server);
	assert_int_equal(vm.interrupts, 0); /* it is stopped */
	assert_false(server.is_answered);
	ASK("vCont;c", "(none)");
	gdb_server_interrupt(&server);
	assert_int_equal(vm.interrupts, 1);
	assert_false(server.is_answered);
	stopped(0, GDB_BY_INTERRUPT);
	assert_string_equal(server.reply, "T02thread:1;");
	ASK("vCont;c", "(none)");
	vm.refuses = true;
	gdb_server_interrupt(&server);
	assert_string_equal(server.reply, "E05");
}

static void the_end(void **state)
{
	(void)state;
	ASK("D", "OK");
	assert_true(server.is_over);
	ASK("g", "(none)");
	(void)setup(NULL);
	ASK("k", "(none)");
	assert_true(server.is_over);
	(void)setup(NULL);
	ASK("vKill;1", "OK");
	assert_true(server.is_over);
	(void)setup(NULL);
	gdb_server_ended(&server, false);
	assert_string_equal(server.reply, "W00");
	gdb_server_ended(&server, true);
	assert_string_equal(server.reply, "X06");
	assert_true(server.is_over);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(packets, setup),
		cmocka_unit_test_setup(a_packet_that_is_too_long, setup),
		cmocka_unit_test_setup(what_it_is, setup),
		cmocka_unit_test_setup(registers, setup),
		cmocka_unit_test_setup(memory, setup),
		cmocka_unit_test_setup(points, setup),
		cmocka_unit_test_setup(running, setup),
		cmocka_unit_test_setup(why_it_stopped, setup),
		cmocka_unit_test_setup(interrupts, setup),
		cmocka_unit_test_setup(the_end, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
