/* SPDX-License-Identifier: Apache-2.0 */
/* Channels and messages, in both bandwidths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backdoor_rig.h"
#include "base/bits.h"

#define FAULT	    UINT32_MAX
#define BUFFER	    (RIG_VA + 100U) /* begins inside a page */
#define OPENSEND    1U
#define SENDPAYLOAD 2U
#define RECVSIZE    3U
#define RECVPAYLOAD 4U
#define RECVSTATUS  5U

static struct rig_channel opened(void)
{
	struct rig_channel channel;

	assert_int_equal(rig_open(RIG_RPCI | RIG_COOKIES, &channel), RIG_SUCCESS);
	return channel;
}

static void a_request_is_answered(void **state)
{
	(void)state;
	assert_string_equal(rig_rpc("info-get guestinfo.none"), "0 No value found");
}

static void only_result_registers_are_written(void **state)
{
	struct rig_channel channel = opened();

	(void)state;
	assert_int_equal(rig.x[0], RIG_JUNK | BACKDOOR_MAGIC);
	assert_int_equal(rig.x[2], RIG_SUCCESS << 16);
	assert_int_equal(rig.x[3] & 0xffffU, BACKDOOR_PORT);
	assert_int_equal(rig.x[6], 0);
	rig.x[6] = 0x66;
	assert_int_equal(rig_message(channel, OPENSEND, 4), RIG_SUCCESS | RIG_HB);
	assert_int_equal(rig.x[0], RIG_JUNK | BACKDOOR_MAGIC);
	assert_int_equal(rig.x[1], RIG_JUNK | 4U);
	assert_int_equal(rig.x[3], RIG_JUNK | channel.number << 16 | BACKDOOR_PORT);
	assert_int_equal(rig.x[4], RIG_JUNK | channel.high);
	assert_int_equal(rig.x[5], RIG_JUNK | channel.low);
	assert_int_equal(rig.x[6], 0x66);
}

static void protocols_are_two(void **state)
{
	struct rig_channel channel;

	(void)state;
	assert_int_equal(rig_open(RIG_RPCI, &channel), RIG_SUCCESS); /* no cookies */
	assert_int_equal(channel.high | channel.low, 0);
	assert_int_equal(rig_open(RIG_TCLO, &channel), RIG_SUCCESS);
	assert_int_equal(rig_open(0x12345678, &channel), 0);
	assert_int_equal(rig_message(channel, 7, 0), 0); /* no such type */
}

static void wrong_cookies_and_numbers_are_closed(void **state)
{
	struct rig_channel channel = opened();
	struct rig_channel wrong = channel;

	(void)state;
	wrong.low ^= 1U;
	assert_int_equal(rig_message(wrong, OPENSEND, 0), RIG_CLOSED);
	wrong = channel;
	wrong.high ^= 0x80000000U;
	assert_int_equal(rig_message(wrong, OPENSEND, 0), RIG_CLOSED);
	wrong = channel;
	wrong.number = BACKDOOR_CHANNELS;
	assert_int_equal(rig_message(wrong, OPENSEND, 0), RIG_CLOSED);
	wrong.number = 0xffff;
	assert_int_equal(rig_close(wrong), RIG_CLOSED);
	assert_int_equal(rig_close(channel), RIG_SUCCESS);
	assert_int_equal(rig_message(channel, OPENSEND, 0), RIG_CLOSED);
	assert_int_equal(rig_close(channel), RIG_CLOSED);
}

static void channels_are_128(void **state)
{
	struct rig_channel channel;
	struct rig_channel first = opened();

	(void)state;
	for (unsigned i = 1; i < BACKDOOR_CHANNELS; i++) {
		assert_int_equal(opened().number, i);
	}
	assert_int_equal(rig_open(RIG_RPCI, &channel), 0);
	rig_pass_seconds(59);
	assert_int_equal(rig_message(first, RECVSIZE, 0), RIG_SUCCESS); /* still in use */
	assert_int_equal(rig_open(RIG_RPCI, &channel), 0);
	rig_pass_seconds(2); /* the others are abandoned by now */
	assert_int_equal(rig_open(RIG_RPCI, &channel), RIG_SUCCESS);
	assert_int_equal(channel.number, 1);
	assert_int_equal(rig_message(first, RECVSIZE, 0), RIG_SUCCESS);
}

static void sizes(void **state)
{
	static uint8_t text[BACKDOOR_MESSAGE_MAX];
	struct rig_channel channel = opened();

	(void)state;
	assert_int_equal(rig_message(channel, OPENSEND, BACKDOOR_MESSAGE_MAX + 1U), 0);
	assert_int_equal(rig_message(channel, OPENSEND, UINT32_MAX), 0);
	assert_int_equal(rig_message(channel, OPENSEND, 0), RIG_SUCCESS); /* whole already */
	assert_string_equal(rig_receive(channel, NULL), "0 Unknown command");
	memset(text, 'x', sizeof(text));
	assert_true(rig_send(channel, text, sizeof(text)));
	assert_string_equal(rig_receive(channel, NULL), "0 Unknown command");
	assert_true(rig_send(channel, "log 1", 5)); /* no multiple of four */
	assert_string_equal(rig_receive(channel, NULL), "1 ");
}

static void steps_out_of_order_fail(void **state)
{
	struct rig_channel channel = opened();

	(void)state;
	assert_int_equal(rig_message(channel, SENDPAYLOAD, 0), 0);
	assert_int_equal(rig_message(channel, RECVPAYLOAD, RIG_SUCCESS), 0);
	assert_int_equal(rig_message(channel, RECVSIZE, 0), RIG_SUCCESS); /* nothing there */
	assert_int_equal(rig_message(channel, RECVSTATUS, 1), RIG_SUCCESS);
	assert_int_equal(rig_message(channel, OPENSEND, 8), RIG_SUCCESS | RIG_HB);
	assert_int_equal(rig_message(channel, SENDPAYLOAD, 0x20676f6c), RIG_SUCCESS);
	assert_int_equal(rig_message(channel, RECVSIZE, 0), RIG_SUCCESS); /* half sent */
	assert_true(rig_send(channel, "log x", 5));			  /* begins anew */
	assert_int_equal(rig_message(channel, SENDPAYLOAD, 0), 0);	  /* no more to send */
	assert_string_equal(rig_receive(channel, NULL), "1 ");
	assert_int_equal(rig_message(channel, RECVSIZE, 0), RIG_SUCCESS); /* it has had it */
}

static void a_reply_ends_with_its_last_byte(void **state)
{
	struct rig_channel channel = opened();

	(void)state;
	assert_true(rig_send(channel, "log x", 5));
	assert_int_equal(rig_message(channel, RECVSIZE, 0), RIG_SUCCESS | RIG_DORECV | RIG_HB);
	assert_int_equal(rig_message(channel, RECVPAYLOAD, RIG_SUCCESS), RIG_SUCCESS);
	assert_int_equal(rig.x[1], 0x2031); /* "1 ", and zeroes for what is not there */
	assert_int_equal(rig_message(channel, RECVPAYLOAD, RIG_SUCCESS), 0);
	assert_int_equal(rig_message(channel, RECVSTATUS, 0), RIG_SUCCESS); /* not acknowledged */
	assert_int_equal(rig_message(channel, RECVSIZE, 0), RIG_SUCCESS);
}

static void put_text(uint64_t va, const char *text)
{
	memcpy(&caller_rig.memory[va - RIG_VA], text, strlen(text));
}

static void high_bandwidth_both_ways(void **state)
{
	struct rig_channel channel = opened();
	uint64_t va = RIG_VA + RIG_PAGE - 3U; /* crosses a page */

	(void)state;
	put_text(va, "info-get guestinfo.x");
	assert_int_equal(rig_message(channel, OPENSEND, 20), RIG_SUCCESS | RIG_HB);
	assert_int_equal(rig_send_hb(channel, va, 20), RIG_SUCCESS);
	assert_int_equal(rig.x[1], 0x10000); /* exactly, for BSD */
	assert_int_equal(rig.x[2], 20);
	assert_int_equal(rig.x[4], va);
	assert_int_equal(caller_rig.copied, 2);
	assert_int_equal(rig_message(channel, RECVSIZE, 0), RIG_SUCCESS | RIG_DORECV | RIG_HB);
	assert_int_equal(rig.x[1], 16);
	assert_int_equal(rig_receive_hb(channel, va, 16), RIG_SUCCESS);
	assert_memory_equal(&caller_rig.memory[va - RIG_VA], "0 No value found", 16);
	assert_int_equal(caller_rig.memory[va - RIG_VA + 16U], 'f'); /* no byte more */
}

static void sixty_four_kib_from_an_odd_address(void **state)
{
	struct rig_channel channel = opened();
	size_t size;

	(void)state;
	memset(caller_rig.memory, 'v', sizeof(caller_rig.memory));
	put_text(BUFFER, "info-set guestinfo.big ");
	assert_int_equal(
		rig_message(channel, OPENSEND, BACKDOOR_MESSAGE_MAX), RIG_SUCCESS | RIG_HB);
	assert_int_equal(rig_send_hb(channel, BUFFER, BACKDOOR_MESSAGE_MAX), RIG_SUCCESS);
	assert_string_equal(rig_receive(channel, NULL), "1 ");
	assert_true(rig_send(channel, "info-get guestinfo.big", 22));
	assert_int_equal(rig_message(channel, RECVSIZE, 0), RIG_SUCCESS | RIG_DORECV | RIG_HB);
	size = (uint32_t)rig.x[1];
	assert_int_equal(size, BACKDOOR_MESSAGE_MAX - 23U + 2U);
	memset(caller_rig.memory, 0, sizeof(caller_rig.memory));
	assert_int_equal(rig_receive_hb(channel, BUFFER, size), RIG_SUCCESS);
	assert_int_equal(caller_rig.memory[BUFFER - RIG_VA - 1U], 0);
	assert_memory_equal(&caller_rig.memory[BUFFER - RIG_VA], "1 vvvv", 6);
	assert_int_equal(caller_rig.memory[BUFFER - RIG_VA + size - 1U], 'v');
	assert_int_equal(caller_rig.memory[BUFFER - RIG_VA + size], 0);
}

static void a_fault_changes_nothing(void **state)
{
	struct rig_channel channel = opened();
	uint64_t x[BACKDOOR_REGS];

	(void)state;
	put_text(BUFFER, "log x");
	caller_rig.access[1] = RIG_ABSENT;
	assert_int_equal(rig_message(channel, OPENSEND, 5000), RIG_SUCCESS | RIG_HB);
	assert_int_equal(rig_send_hb(channel, BUFFER, 5000), FAULT);
	assert_int_equal(
		caller_rig.fault_va, RIG_VA + RIG_PAGE); /* the first byte that is not there */
	assert_false(caller_rig.fault_is_write);
	assert_int_equal(caller_rig.copied, 0);
	memcpy(x, rig.x, sizeof(x));
	caller_rig.access[1] =
		RIG_READ_ONLY; /* the guest's kernel has paged it in: the call again */
	assert_int_equal(rig_call(0), BACKDOOR_DONE);
	assert_int_equal(rig.x[1], 0x10000);
	rig.x[1] = x[1];
	assert_memory_equal(rig.x, x, sizeof(x));

	assert_int_equal(rig_message(channel, RECVSIZE, 0), RIG_SUCCESS | RIG_DORECV | RIG_HB);
	assert_int_equal(rig_receive_hb(channel, RIG_VA + 2U * RIG_PAGE - 1U, 2), FAULT);
	assert_int_equal(caller_rig.fault_va, RIG_VA + 2U * RIG_PAGE - 1U);
	assert_true(caller_rig.fault_is_write);
	assert_int_equal(rig_receive_hb(channel, 0, 2), FAULT);
	assert_int_equal(rig_receive_hb(channel, UINT64_MAX, 2), FAULT);
	assert_int_equal(rig_receive_hb(channel, RIG_VA + 2U * RIG_PAGE, 2), RIG_SUCCESS);
}

static void what_is_no_memory_fails_the_message(void **state)
{
	struct rig_channel channel = opened();

	(void)state;
	caller_rig.access[0] = RIG_DEVICE;
	assert_int_equal(rig_message(channel, OPENSEND, 4), RIG_SUCCESS | RIG_HB);
	assert_int_equal(rig_send_hb(channel, BUFFER, 4), 0);
	assert_int_equal(rig_message(channel, SENDPAYLOAD, 0), RIG_SUCCESS); /* it waits on */
}

static void high_bandwidth_that_fits_nothing(void **state)
{
	struct rig_channel channel = opened();
	struct rig_channel wrong = channel;

	(void)state;
	assert_int_equal(rig_send_hb(channel, BUFFER, 4), 0); /* no SENDSIZE */
	assert_int_equal(rig_message(channel, OPENSEND, 4), RIG_SUCCESS | RIG_HB);
	assert_int_equal(rig_send_hb(channel, BUFFER, 5), 0);
	assert_int_equal(rig_send_hb(channel, BUFFER, BIT(32) + 4U), 0);
	assert_int_equal(rig_send_hb(channel, BUFFER, UINT64_MAX), 0);
	assert_int_equal(rig_receive_hb(channel, BUFFER, 1), 0); /* it sends */
	wrong.low++;
	assert_int_equal(rig_send_hb(wrong, BUFFER, 4), 0);
	wrong.number = BACKDOOR_CHANNELS;
	assert_int_equal(rig_send_hb(wrong, BUFFER, 4), 0);
	assert_int_equal(rig_send_hb(channel, 0, 0), RIG_SUCCESS); /* nothing is nowhere */
	assert_int_equal(caller_rig.copied, 0);
}

static void forms_that_high_bandwidth_has_not(void **state)
{
	static const uint32_t bad[] = {0x14, 0x10, 0x19, 0x1a, 0x38, 0x3c, 0x0c, 0x08};
	struct rig_channel channel = opened();

	(void)state;
	assert_int_equal(rig_message(channel, OPENSEND, 4), RIG_SUCCESS | RIG_HB);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint64_t before[BACKDOOR_REGS];

		assert_int_equal(rig_send_hb(channel, BUFFER, 5), 0);
		rig.x[0] = BACKDOOR_MAGIC;
		rig.x[1] = 0x10000;
		rig.x[2] = 4;
		rig.x[7] = UINT64_C(0x8600000000) | bad[i];
		memcpy(before, rig.x, sizeof(before));
		assert_int_equal(rig_call(0), BACKDOOR_DONE);
		assert_int_equal(rig.x[0], BACKDOOR_UNKNOWN);
		assert_memory_equal(&rig.x[1], &before[1], sizeof(before) - 8U);
	}
	rig.x[0] = BACKDOOR_MAGIC;
	rig.x[1] = 0x10001; /* another command */
	rig.x[7] = UINT64_C(0x8600000018);
	assert_int_equal(rig_call(0), BACKDOOR_DONE);
	assert_int_equal(rig.x[0], BACKDOOR_UNKNOWN);
}

static void the_budget_holds(void **state)
{
	struct rig_channel channel[20];
	unsigned taken = 0;
	struct backdoor_report report;

	(void)state;
	for (unsigned i = 0; i < 20U; i++) {
		channel[i] = opened();
		if (rig_message(channel[i], OPENSEND, BACKDOOR_MESSAGE_MAX) != 0U) {
			taken++;
		}
	}
	assert_int_equal(taken, 15); /* of 16 times 64 KiB, less the state */
	backdoor_get_report(&rig.vm, &report);
	assert_int_equal(report.channels, 20);
	assert_true(report.used <= RIG_BUDGET);
	assert_int_equal(rig_close(channel[0]), RIG_SUCCESS);
	assert_int_equal(
		rig_message(channel[19], OPENSEND, BACKDOOR_MESSAGE_MAX), RIG_SUCCESS | RIG_HB);
	backdoor_reset(&rig.vm);
	backdoor_get_report(&rig.vm, &report);
	assert_int_equal(report.channels, 0);
	assert_int_equal(report.used, 0x4000);
	assert_int_equal(rig_close(channel[19]), RIG_CLOSED);
}

static void without_a_budget_messages_fail(void **state)
{
	struct rig_channel channel;

	(void)state;
	rig_start(RIG_PAGE);
	channel = opened();
	assert_int_equal(rig_message(channel, OPENSEND, 4), 0);
	assert_int_equal(rig_message(channel, OPENSEND, 0), 0); /* no room for an answer */
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		RIG_TEST(a_request_is_answered),
		RIG_TEST(only_result_registers_are_written),
		RIG_TEST(protocols_are_two),
		RIG_TEST(wrong_cookies_and_numbers_are_closed),
		RIG_TEST(channels_are_128),
		RIG_TEST(sizes),
		RIG_TEST(steps_out_of_order_fail),
		RIG_TEST(a_reply_ends_with_its_last_byte),
		RIG_TEST(high_bandwidth_both_ways),
		RIG_TEST(sixty_four_kib_from_an_odd_address),
		RIG_TEST(a_fault_changes_nothing),
		RIG_TEST(what_is_no_memory_fails_the_message),
		RIG_TEST(high_bandwidth_that_fits_nothing),
		RIG_TEST(forms_that_high_bandwidth_has_not),
		RIG_TEST(the_budget_holds),
		RIG_TEST(without_a_budget_messages_fail),
	};

	rig_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
