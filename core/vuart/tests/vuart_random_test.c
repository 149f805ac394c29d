/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "vuart_model.h"

#define ROUNDS 200U
#define SCRIPT 4096U

/* The same generator and seeds at every run: a failure repeats. */
static void random_accesses_keep_the_invariants(void **state)
{
	static uint8_t script[SCRIPT];
	uint64_t x = 88172645463325252U;

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < SCRIPT; i++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			script[i] = (uint8_t)(x >> 24);
		}
		vuart_model_play(script, SCRIPT);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_accesses_keep_the_invariants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
