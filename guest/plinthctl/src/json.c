/* SPDX-License-Identifier: Apache-2.0 */
/* JSON (RFC 8259) on standard output. */
#include "ctl.h"

static bool needs_comma;

static void begin(const char *key)
{
	if (needs_comma) {
		putchar(',');
	}
	needs_comma = true;
	if (key != NULL) {
		printf("\"%s\":", key);
	}
}

void json_open(const char *key, char bracket)
{
	begin(key);
	putchar(bracket);
	needs_comma = false;
}

void json_close(char bracket)
{
	putchar(bracket);
	needs_comma = true;
}

/* Bytes beyond ASCII are a guest's and need not be UTF-8: each becomes the character of its number.
 */
void json_string(const char *key, const char *value)
{
	begin(key);
	putchar('"');
	for (; *value != '\0'; value++) {
		unsigned char c = (unsigned char)*value;

		if (c == '"' || c == '\\') {
			printf("\\%c", c);
		} else if (c < ' ' || c > '~') {
			printf("\\u%04x", c);
		} else {
			putchar(c);
		}
	}
	putchar('"');
}

void json_number(const char *key, uint64_t value)
{
	begin(key);
	printf("%llu", (unsigned long long)value);
}

/* As text: numbers of 64 bits are too large for many readers. */
void json_hex(const char *key, uint64_t value)
{
	begin(key);
	printf("\"0x%llx\"", (unsigned long long)value);
}

void json_bool(const char *key, bool value)
{
	begin(key);
	fputs(value ? "true" : "false", stdout);
}

void json_end(void)
{
	needs_comma = false;
	putchar('\n');
	fflush(stdout);
}
