/* SPDX-License-Identifier: Apache-2.0 */
#include "libgdb/packet.h"

#define INTERRUPT   0x03U
#define ESCAPE_FLIP 0x20U
#define NIBBLE	    4U
#define DIGITS_MAX  16U

enum state { OUTSIDE, INSIDE, ESCAPED, TOO_LONG, FIRST_DIGIT, LAST_DIGIT };

int gdb_digit(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	if (c >= 'a' && c <= 'f') {
		return c - 'a' + 10;
	}
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static enum gdb_input begin(struct gdb_reader *reader, uint8_t byte)
{
	switch (byte) {
	case '$':
		reader->state = INSIDE;
		reader->sum = 0;
		reader->size = 0;
		return GDB_NOTHING;
	case '+':
		return GDB_ACK;
	case '-':
		return GDB_NAK;
	case INTERRUPT:
		return GDB_INTERRUPT;
	default:
		return GDB_NOTHING; /* noise of a line */
	}
}

static void keep(struct gdb_reader *reader, uint8_t byte)
{
	if (reader->size == GDB_PACKET_MAX) {
		reader->state = TOO_LONG;
		return;
	}
	reader->data[reader->size] = (char)byte;
	reader->size++;
	reader->state = INSIDE;
}

static void go_on(struct gdb_reader *reader, uint8_t byte)
{
	if (byte == '#') {
		reader->state = reader->state == INSIDE ? FIRST_DIGIT : OUTSIDE;
		return;
	}
	if (byte == '$') { /* the last one never ended */
		(void)begin(reader, byte);
		return;
	}
	reader->sum = (uint8_t)(reader->sum + byte);
	if (reader->state == ESCAPED) {
		keep(reader, byte ^ ESCAPE_FLIP);
	} else if (reader->state == INSIDE && byte == '}') {
		reader->state = ESCAPED;
	} else if (reader->state == INSIDE) {
		keep(reader, byte);
	}
}

static enum gdb_input end(struct gdb_reader *reader, uint8_t byte)
{
	int digit = gdb_digit((char)byte);

	if (digit < 0) {
		reader->state = OUTSIDE;
		return GDB_BROKEN;
	}
	if (reader->state == FIRST_DIGIT) {
		reader->told = (uint8_t)digit;
		reader->state = LAST_DIGIT;
		return GDB_NOTHING;
	}
	reader->told = (uint8_t)(reader->told << NIBBLE | digit);
	reader->state = OUTSIDE;
	reader->data[reader->size] = '\0';
	return reader->told == reader->sum ? GDB_PACKET : GDB_BROKEN;
}

enum gdb_input gdb_take(struct gdb_reader *reader, uint8_t byte)
{
	switch (reader->state) {
	case INSIDE:
	case ESCAPED:
	case TOO_LONG:
		go_on(reader, byte);
		return reader->state == OUTSIDE ? GDB_BROKEN : GDB_NOTHING;
	case FIRST_DIGIT:
	case LAST_DIGIT:
		return end(reader, byte);
	default:
		return begin(reader, byte);
	}
}

static char digit_of(unsigned value)
{
	return "0123456789abcdef"[value & 0xfU];
}

size_t gdb_frame(const char *data, size_t size, char *frame)
{
	uint8_t sum = 0;
	size_t at = 0;

	frame[at++] = '$';
	for (size_t i = 0; i < size; i++) {
		char c = data[i];

		if (c == '$' || c == '#' || c == '}' || c == '*') {
			frame[at++] = '}';
			sum = (uint8_t)(sum + '}');
			c = (char)((uint8_t)c ^ ESCAPE_FLIP);
		}
		frame[at++] = c;
		sum = (uint8_t)(sum + (uint8_t)c);
	}
	frame[at++] = '#';
	frame[at++] = digit_of((unsigned)sum >> NIBBLE);
	frame[at++] = digit_of(sum);
	return at;
}

int gdb_bytes_of(const char *digits, void *bytes, size_t size)
{
	uint8_t *to = bytes;

	for (size_t i = 0; i < size; i++) {
		int high = gdb_digit(digits[2U * i]);
		int low = high < 0 ? -1 : gdb_digit(digits[2U * i + 1U]);

		if (low < 0) {
			return 0;
		}
		to[i] = (uint8_t)((unsigned)high << NIBBLE | (unsigned)low);
	}
	return 1;
}

void gdb_digits_of(const void *bytes, size_t size, char *digits)
{
	const uint8_t *from = bytes;

	for (size_t i = 0; i < size; i++) {
		digits[2U * i] = digit_of((unsigned)from[i] >> NIBBLE);
		digits[2U * i + 1U] = digit_of(from[i]);
	}
}

int gdb_number(const char **text, uint64_t *value)
{
	unsigned count = 0;
	int digit;

	for (*value = 0; (digit = gdb_digit(**text)) >= 0; (*text)++) {
		count++;
		*value = *value << NIBBLE | (uint64_t)digit;
	}
	return count != 0U && count <= DIGITS_MAX;
}
