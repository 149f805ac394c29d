/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fmt.h"

#include <stdbool.h>
#include <stdint.h>

#include "base/check.h"
#include "base/string.h"

/* Widths come from our own format strings; the bound only keeps a wild `*` from running on. */
#define WIDTH_MAX  1024U
#define DIGITS_MAX 20U /* 2^64 in decimal */

struct printer {
	fmt_put_fn *put;
	void *ctx;
	size_t count;
	va_list args;
};

struct spec {
	bool left;
	bool zero;
	bool alternate;
	bool has_precision;
	unsigned width;
	unsigned precision;
	unsigned longs; /* number of l, and 1 for z: both are 64 bits wide */
};

static void put_char(struct printer *p, char c)
{
	p->put(p->ctx, c);
	p->count++;
}

static void put_repeated(struct printer *p, char c, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		put_char(p, c);
	}
}

static void put_bytes(struct printer *p, const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		put_char(p, bytes[i]);
	}
}

static void put_padded(struct printer *p, const struct spec *spec, const char *bytes, size_t count)
{
	size_t padding = spec->width > count ? spec->width - count : 0U;

	if (!spec->left) {
		put_repeated(p, ' ', padding);
	}
	put_bytes(p, bytes, count);
	if (spec->left) {
		put_repeated(p, ' ', padding);
	}
}

/* Writes the digits of v to the end of `digits`; returns how many. */
static size_t convert_digits(char digits[DIGITS_MAX], uint64_t v, unsigned base, bool upper)
{
	const char *alphabet = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	size_t count = 0;

	do {
		count++;
		digits[DIGITS_MAX - count] = alphabet[v % base];
		v /= base;
	} while (v != 0U);
	return count;
}

static void put_number(struct printer *p, const struct spec *spec, const char *prefix,
	const char *digits, size_t digit_count)
{
	size_t prefix_count = strlen(prefix);
	size_t zeros = 0;

	if (spec->has_precision) {
		zeros = spec->precision > digit_count ? spec->precision - digit_count : 0U;
	} else if (spec->zero && !spec->left && spec->width > prefix_count + digit_count) {
		zeros = spec->width - prefix_count - digit_count;
	}

	size_t total = prefix_count + zeros + digit_count;
	size_t padding = spec->width > total ? spec->width - total : 0U;

	if (!spec->left) {
		put_repeated(p, ' ', padding);
	}
	put_bytes(p, prefix, prefix_count);
	put_repeated(p, '0', zeros);
	put_bytes(p, digits, digit_count);
	if (spec->left) {
		put_repeated(p, ' ', padding);
	}
}

static void put_unsigned(struct printer *p, const struct spec *spec, char conversion, uint64_t v)
{
	char digits[DIGITS_MAX];
	bool upper = conversion == 'X';
	bool hex = upper || conversion == 'x';
	size_t count = convert_digits(digits, v, hex ? 16U : 10U, upper);
	const char *prefix = "";

	if (hex && spec->alternate && v != 0U) {
		prefix = upper ? "0X" : "0x";
	}
	if (v == 0U && spec->has_precision && spec->precision == 0U) {
		count = 0;
	}
	put_number(p, spec, prefix, digits + DIGITS_MAX - count, count);
}

static void put_signed(struct printer *p, const struct spec *spec, int64_t v)
{
	char digits[DIGITS_MAX];
	uint64_t magnitude = v < 0 ? UINT64_C(0) - (uint64_t)v : (uint64_t)v;
	size_t count = convert_digits(digits, magnitude, 10U, false);

	if (v == 0 && spec->has_precision && spec->precision == 0U) {
		count = 0;
	}
	put_number(p, spec, v < 0 ? "-" : "", digits + DIGITS_MAX - count, count);
}

static void put_string(struct printer *p, const struct spec *spec, const char *s)
{
	if (s == NULL) {
		s = "(null)";
	}
	put_padded(p, spec, s, spec->has_precision ? strnlen(s, spec->precision) : strlen(s));
}

static void put_pointer(struct printer *p, const struct spec *spec, const void *pointer)
{
	char digits[DIGITS_MAX];
	size_t count = convert_digits(digits, (uint64_t)(uintptr_t)pointer, 16U, false);

	put_number(p, spec, "0x", digits + DIGITS_MAX - count, count);
}

/* A number or `*` at *format, which is moved past it. A negative `*` width means left. */
static unsigned parse_number(struct printer *p, const char **format, bool *negative)
{
	unsigned v = 0;

	*negative = false;
	if (**format == '*') {
		int arg = va_arg(p->args, int);

		(*format)++;
		*negative = arg < 0;
		v = arg < 0 ? 0U - (unsigned)arg : (unsigned)arg;
		return v < WIDTH_MAX ? v : WIDTH_MAX;
	}
	while (**format >= '0' && **format <= '9') {
		v = v * 10U + (unsigned)(**format - '0');
		v = v < WIDTH_MAX ? v : WIDTH_MAX;
		(*format)++;
	}
	return v;
}

static const char *parse_flags(struct spec *spec, const char *format)
{
	for (;; format++) {
		switch (*format) {
		case '-':
			spec->left = true;
			break;
		case '0':
			spec->zero = true;
			break;
		case '#':
			spec->alternate = true;
			break;
		default:
			return format;
		}
	}
}

/* Everything between the '%' and the conversion character, which is returned. */
static const char *parse_spec(struct printer *p, struct spec *spec, const char *format)
{
	bool negative;

	*spec = (struct spec){0};
	format = parse_flags(spec, format);
	spec->width = parse_number(p, &format, &negative);
	spec->left = spec->left || negative;
	if (*format == '.') {
		format++;
		spec->precision = parse_number(p, &format, &negative);
		spec->has_precision = !negative;
	}
	while (*format == 'l' || *format == 'z') {
		spec->longs++;
		format++;
	}
	return format;
}

static uint64_t take_unsigned(struct printer *p, const struct spec *spec)
{
	return spec->longs != 0U ? va_arg(p->args, unsigned long) : va_arg(p->args, unsigned);
}

static int64_t take_signed(struct printer *p, const struct spec *spec)
{
	return spec->longs != 0U ? va_arg(p->args, long) : va_arg(p->args, int);
}

/* Returns false for a conversion that is not known. */
static bool put_conversion(struct printer *p, const struct spec *spec, char conversion)
{
	char c;

	switch (conversion) {
	case 'd':
	case 'i':
		put_signed(p, spec, take_signed(p, spec));
		return true;
	case 'u':
	case 'x':
	case 'X':
		put_unsigned(p, spec, conversion, take_unsigned(p, spec));
		return true;
	case 'c':
		c = (char)va_arg(p->args, int);
		put_padded(p, spec, &c, 1);
		return true;
	case 's':
		put_string(p, spec, va_arg(p->args, const char *));
		return true;
	case 'p':
		put_pointer(p, spec, va_arg(p->args, const void *));
		return true;
	case '%':
		put_char(p, '%');
		return true;
	default:
		return false;
	}
}

size_t fmt_vprint(fmt_put_fn *put, void *ctx, const char *format, va_list args)
{
	struct printer p = {.put = put, .ctx = ctx};

	va_copy(p.args, args);
	while (*format != '\0') {
		struct spec spec;
		const char *start = format++;

		if (*start != '%') {
			put_char(&p, *start);
			continue;
		}
		format = parse_spec(&p, &spec, format);
		if (*format != '\0') {
			format++;
		}
		if (!put_conversion(&p, &spec, format[-1])) {
			put_bytes(&p, start, (size_t)(format - start));
		}
	}
	va_end(p.args);
	return p.count;
}

struct buffer {
	char *bytes;
	size_t size;
	size_t count;
};

static void put_in_buffer(void *ctx, char c)
{
	struct buffer *buffer = ctx;

	if (buffer->count < buffer->size - 1U) {
		buffer->bytes[buffer->count] = c;
		buffer->count++;
	}
}

size_t fmt_vbuf(char *buf, size_t size, const char *format, va_list args)
{
	PLINTH_CHECK(size != 0U);
	struct buffer buffer = {.bytes = buf, .size = size};
	size_t length = fmt_vprint(put_in_buffer, &buffer, format, args);

	buf[buffer.count] = '\0';
	return length;
}

size_t fmt_buf(char *buf, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	size_t length = fmt_vbuf(buf, size, format, args);
	va_end(args);
	return length;
}
