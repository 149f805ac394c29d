/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>

#include "base/fmt.h"
#include "efi/efi.h"

#define LINE_SIZE 64U

/* Text on its way to ConOut, which takes strings alone. */
struct efi_line {
	struct efi_text_output *out;
	uint32_t count;
	efi_char_t text[LINE_SIZE];
};

static void flush(struct efi_line *line)
{
	line->text[line->count] = 0;
	(void)line->out->output_string(line->out, line->text);
	line->count = 0;
}

static void put(void *ctx, char c)
{
	struct efi_line *line = ctx;

	if (line->count == LINE_SIZE - 1U) {
		flush(line);
	}
	line->text[line->count++] = (uint8_t)c;
}

static void put_text(struct efi_line *line, const char *text)
{
	for (; *text != '\0'; text++) {
		put(line, *text);
	}
}

void efi_print(const struct efi *efi, const char *format, ...)
{
	struct efi_line line = {0};
	va_list args;

	if (efi->system == NULL || efi->system->con_out == NULL) {
		return;
	}
	line.out = efi->system->con_out;
	put_text(&line, "plinth: ");
	va_start(args, format);
	(void)fmt_vprint(put, &line, format, args);
	va_end(args);
	put_text(&line, "\r\n");
	flush(&line);
}
