/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes everything out of a byte stream that could move the cursor, change the terminal's state
 * or make it answer: C0 and C1 controls, escape and control sequences (ECMA-48). Newline, tab and
 * UTF-8 text pass.
 */
#include "console_private.h"

enum state {
	TEXT,
	ESCAPED, /* after ESC */
	CONTROL, /* in a control sequence: CSI ... final */
	STRING,	 /* in OSC, DCS, APC, PM, SOS: until BEL or ST */
	STRING_ESCAPED,
	C2, /* after 0xc2, which begins the C1 controls in UTF-8 */
};

#define BEL 0x07U
#define ESC 0x1bU
#define DEL 0x7fU

static enum state after_escape(uint8_t byte)
{
	switch (byte) {
	case '[':
		return CONTROL;
	case ']':
	case 'P':
	case 'X':
	case '^':
	case '_':
		return STRING;
	default:
		/* Intermediates 0x20 to 0x2f are followed by more; anything else ends it. */
		return byte >= 0x20U && byte <= 0x2fU ? ESCAPED : TEXT;
	}
}

static int filter_text(struct console_filter *filter, uint8_t byte)
{
	if (byte == ESC) {
		filter->state = ESCAPED;
		return -1;
	}
	if (byte < 0x20U) {
		return byte == '\t' || byte == '\n' ? byte : -1;
	}
	if (byte < 0x80U) {
		filter->utf8_left = 0;
		return byte == DEL ? -1 : byte;
	}
	if (byte < 0xc0U) {
		if (filter->utf8_left == 0U) {
			return '?'; /* a C1 control of 8 bits */
		}
		filter->utf8_left--;
		return byte;
	}
	if (byte == 0xc2U) {
		filter->state = C2;
	}
	filter->utf8_left = byte >= 0xf0U ? 3U : byte >= 0xe0U ? 2U : 1U;
	return byte;
}

static int filter_c2(struct console_filter *filter, uint8_t byte)
{
	filter->state = TEXT;
	if (byte >= 0x80U && byte < 0xa0U) {
		filter->utf8_left = 0;
		return '?'; /* U+0080 to U+009F; the 0xc2 before it is then a broken character */
	}
	return filter_text(filter, byte);
}

int console_filter_byte(struct console_filter *filter, uint8_t byte)
{
	/* A line's end ends every sequence: an unfinished one must not swallow what follows. */
	if (byte == '\n') {
		*filter = (struct console_filter){.state = TEXT};
		return '\n';
	}
	switch ((enum state)filter->state) {
	case TEXT:
		return filter_text(filter, byte);
	case C2:
		return filter_c2(filter, byte);
	case ESCAPED:
		filter->state = (uint8_t)after_escape(byte);
		return -1;
	case CONTROL:
		if (byte >= 0x40U && byte <= 0x7eU) {
			filter->state = TEXT;
		}
		return -1;
	case STRING:
		if (byte == BEL) {
			filter->state = TEXT;
		} else if (byte == ESC) {
			filter->state = STRING_ESCAPED;
		}
		return -1;
	case STRING_ESCAPED:
		filter->state = TEXT; /* ST is ESC \ */
		return -1;
	}
	return -1;
}
