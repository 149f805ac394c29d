/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "arch/cpu.h"
#include "console_rig.h"
#include "percpu/percpu.h"

#define ALPHA (&rig_vm[0])
#define BETA  (&rig_vm[1])

static uint64_t random_state = 88172645463325252U;

static uint8_t random_byte(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint8_t)(random_state >> 24);
}

/* Whatever a VM without focus prints, at any speed of the UART: the terminal gets rows that begin
 * with a mark, without a control character. */
static void random_output_cannot_leave_its_rows(void **state)
{
	(void)state;
	rig_start(2);
	for (unsigned i = 0; i < 60000; i++) {
		uint8_t byte = random_byte();

		if ((byte & 0x3fU) == 0U) {
			byte = '\n';
		} else if ((byte & 0x3fU) == 1U) {
			byte = 0x1b;
		}
		(void)rig_put_byte(&BETA->port, byte);
		if ((i & 0xffU) == 0U) {
			rig_put(ALPHA, (i & 0x100U) != 0U ? "/ # " : "ls\r\nfile\r\n");
			rig_wait(random_byte());
		}
		rig_uart_room = random_byte();
	}
	rig_uart_room = SIZE_MAX;
	console_flush();
	for (const char *c = rig_sent(); *c != '\0';) {
		assert_true(strncmp(c, "alpha| ", 7) == 0 || strncmp(c, "beta| ", 6) == 0);
		for (; *c != '\n'; c++) {
			uint8_t byte = (uint8_t)*c;

			assert_true(byte >= ' ' || byte == '\t' || (byte == '\r' && c[1] == '\n'));
			assert_true(byte != 0x7f);
		}
		c++;
	}
}

#define LINES 500

static void *print_lines(void *arg)
{
	struct rig_vm *vm = arg;
	static struct percpu cpu[2] = {{.id = 1}, {.id = 2}};
	char line[64];

	arch_percpu_set(&cpu[vm - rig_vm]);
	for (int i = 0; i < LINES; i++) {
		snprintf(line, sizeof(line), "line %d of %s\n", i, vm->port.name);
		for (const char *c = line; *c != '\0'; c++) {
			while (!console_port_has_room(&vm->port)) {
				arch_yield();
			}
			(void)rig_put_byte(&vm->port, (uint8_t)*c);
		}
	}
	return NULL;
}

/* Two CPUs print at once: each line comes out whole, in order, once. */
static void threads_keep_their_lines_whole(void **state)
{
	pthread_t thread[2];
	int next[2] = {0, 0};
	char expected[64];

	(void)state;
	rig_start(2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(pthread_create(&thread[i], NULL, print_lines, &rig_vm[i]), 0);
	}
	for (size_t i = 0; i < 2; i++) {
		pthread_join(thread[i], NULL);
	}
	console_flush();
	for (const char *text = rig_sent(); *text != '\0'; text = strchr(text, '\n') + 1) {
		size_t vm = text[0] == 'a' ? 0U : 1U;
		const char *name = rig_vm[vm].port.name;

		snprintf(expected, sizeof(expected), "%s| line %d of %s\r\n", name, next[vm], name);
		assert_memory_equal(text, expected, strlen(expected));
		next[vm]++;
	}
	assert_int_equal(next[0], LINES);
	assert_int_equal(next[1], LINES);
}

static uint32_t is_over;

static void *be_the_timer(void *arg)
{
	static struct percpu cpu = {.id = 1};

	(void)arg;
	arch_percpu_set(&cpu);
	while (__atomic_load_n(&is_over, __ATOMIC_ACQUIRE) == 0U) {
		if (!rig_expire()) {
			arch_yield();
		}
	}
	return NULL;
}

#define BURSTS	300U
#define SECONDS 30

static bool comes_out(size_t count)
{
	time_t end = time(NULL) + SECONDS;

	while (rig_sent_count() != count) {
		if (time(NULL) > end) {
			return false;
		}
		arch_yield();
	}
	return true;
}

/* A byte that comes beside a look at those before it is looked for, too. */
static void no_byte_of_a_prompt_is_forgotten(void **state)
{
	pthread_t timer;

	(void)state;
	rig_start(1);
	is_over = 0;
	assert_int_equal(pthread_create(&timer, NULL, be_the_timer, NULL), 0);
	for (size_t i = 0, count = 0; i < BURSTS; i++) {
		for (unsigned left = random_byte(); left != 0U; left--, count++) {
			assert_true(rig_put_byte(&ALPHA->port, '.'));
		}
		assert_true(comes_out(count));
	}
	__atomic_store_n(&is_over, 1U, __ATOMIC_RELEASE);
	pthread_join(timer, NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_output_cannot_leave_its_rows),
		cmocka_unit_test(threads_keep_their_lines_whole),
		cmocka_unit_test(no_byte_of_a_prompt_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
