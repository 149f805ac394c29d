/* SPDX-License-Identifier: Apache-2.0 */
/* SimpleTextOutput (12.4) by VT100's sequences. What the terminal does is followed, so that
 * programs can ask where the cursor is. */
#include "base/fmt.h"
#include "base/string.h"
#include "fw/text.h"
#include "text.h"

#define ATTRIBUTE_DEFAULT 0x07 /* light gray on black */
#define BUFFER_SIZE	  256U

static struct efi_text_output_mode mode;

struct buffer {
	uint8_t bytes[BUFFER_SIZE];
	size_t used;
};

static void flush(struct buffer *buffer)
{
	line_write(buffer->bytes, buffer->used);
	buffer->used = 0;
}

static void put(struct buffer *buffer, efi_char_t c)
{
	if (buffer->used + 3U > BUFFER_SIZE) {
		flush(buffer);
	}
	buffer->used += text_to_utf8(c, buffer->bytes + buffer->used);
}

static void put_text(const char *text)
{
	line_write((const uint8_t *)text, strlen(text));
}

static void follow(efi_char_t c)
{
	switch (c) {
	case '\r':
		mode.cursor_column = 0;
		break;
	case '\n':
		mode.cursor_row += mode.cursor_row + 1 < (int32_t)CONSOLE_ROWS ? 1 : 0;
		break;
	case '\b':
		mode.cursor_column -= mode.cursor_column > 0 ? 1 : 0;
		break;
	case 0x1b:
	case 0x07:
		break;
	default:
		mode.cursor_column++;
		if (mode.cursor_column == (int32_t)CONSOLE_COLUMNS) {
			mode.cursor_column = 0;
			follow('\n');
		}
		break;
	}
}

static efi_status_t output_string(struct efi_text_output *self, const efi_char_t *text)
{
	struct buffer buffer = {.used = 0};

	(void)self;
	if (text == NULL) {
		return EFI_INVALID_PARAMETER;
	}
	for (; *text != 0U; text++) {
		put(&buffer, *text);
		follow(*text);
	}
	flush(&buffer);
	return EFI_SUCCESS;
}

/* A terminal that reads UTF-8 shows what it can; half of a pair is nothing to show. */
static efi_status_t test_string(struct efi_text_output *self, const efi_char_t *text)
{
	(void)self;
	for (; *text != 0U; text++) {
		if (*text >= 0xd800U && *text < 0xe000U) {
			return EFI_UNSUPPORTED;
		}
	}
	return EFI_SUCCESS;
}

static efi_status_t query_mode(
	struct efi_text_output *self, uint64_t number, uint64_t *columns, uint64_t *rows)
{
	(void)self;
	if (number != 0U || columns == NULL || rows == NULL) {
		return EFI_UNSUPPORTED;
	}
	*columns = CONSOLE_COLUMNS;
	*rows = CONSOLE_ROWS;
	return EFI_SUCCESS;
}

static efi_status_t clear_screen(struct efi_text_output *self)
{
	(void)self;
	put_text("\033[2J\033[1;1H");
	mode.cursor_column = 0;
	mode.cursor_row = 0;
	return EFI_SUCCESS;
}

static efi_status_t set_mode(struct efi_text_output *self, uint64_t number)
{
	return number == 0U ? clear_screen(self) : EFI_UNSUPPORTED;
}

/* EFI's colours have blue as bit 0 and red as bit 2; the terminal's the other way round. */
static unsigned colour(uint64_t efi)
{
	return (unsigned)((efi & 1U) << 2 | (efi & 2U) | (efi & 4U) >> 2);
}

static efi_status_t set_attribute(struct efi_text_output *self, uint64_t attribute)
{
	char text[32];

	(void)self;
	if (attribute > 0x7fU) {
		return EFI_UNSUPPORTED;
	}
	if ((int32_t)attribute == mode.attribute) {
		return EFI_SUCCESS;
	}
	mode.attribute = (int32_t)attribute;
	if (attribute == ATTRIBUTE_DEFAULT) {
		put_text("\033[0m");
		return EFI_SUCCESS;
	}
	(void)fmt_buf(text, sizeof(text), "\033[0;%s%u;%um", (attribute & 8U) != 0U ? "1;" : "",
		30U + colour(attribute), 40U + colour(attribute >> 4));
	put_text(text);
	return EFI_SUCCESS;
}

static efi_status_t set_cursor_position(struct efi_text_output *self, uint64_t column, uint64_t row)
{
	char text[32];

	(void)self;
	if (column >= CONSOLE_COLUMNS || row >= CONSOLE_ROWS) {
		return EFI_UNSUPPORTED;
	}
	(void)fmt_buf(text, sizeof(text), "\033[%u;%uH", (unsigned)row + 1U, (unsigned)column + 1U);
	put_text(text);
	mode.cursor_column = (int32_t)column;
	mode.cursor_row = (int32_t)row;
	return EFI_SUCCESS;
}

static efi_status_t enable_cursor(struct efi_text_output *self, efi_bool_t visible)
{
	(void)self;
	if (mode.cursor_visible != (visible != 0U)) {
		put_text(visible != 0U ? "\033[?25h" : "\033[?25l");
		mode.cursor_visible = visible != 0U;
	}
	return EFI_SUCCESS;
}

static efi_status_t reset(struct efi_text_output *self, efi_bool_t extended)
{
	(void)extended;
	(void)set_attribute(self, ATTRIBUTE_DEFAULT);
	(void)enable_cursor(self, 1);
	return clear_screen(self);
}

struct efi_text_output text_output = {
	.reset = reset,
	.output_string = output_string,
	.test_string = test_string,
	.query_mode = query_mode,
	.set_mode = set_mode,
	.set_attribute = set_attribute,
	.clear_screen = clear_screen,
	.set_cursor_position = set_cursor_position,
	.enable_cursor = enable_cursor,
	.mode = &mode,
};

void text_output_init(void)
{
	mode = (struct efi_text_output_mode){
		.max_mode = 1, .attribute = ATTRIBUTE_DEFAULT, .cursor_visible = 1};
}

static void print_char(void *ctx, char c)
{
	struct buffer *buffer = ctx;

	if (c == '\n') {
		put(buffer, '\r');
		follow('\r');
	}
	put(buffer, (uint8_t)c);
	follow((uint8_t)c);
}

void console_print(const char *format, ...)
{
	struct buffer buffer = {.used = 0};
	va_list arguments;

	va_start(arguments, format);
	(void)fmt_vprint(print_char, &buffer, format, arguments);
	va_end(arguments);
	flush(&buffer);
}
