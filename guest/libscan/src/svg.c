/* SPDX-License-Identifier: Apache-2.0 */
#include "libscan/svg.h"

#include <stdarg.h>

#include "base/bits.h"
#include "base/compiler.h"
#include "base/fmt.h"

#define WIDTH	   1060U
#define LEFT	   20U
#define TOP	   70U
#define ROW	   58U
#define BAR_HEIGHT 22U
#define BAR_LEAST  120U /* of a page */
#define BAR_MOST   1020U
#define BAR_BITS   38U /* a region of 2^38 bytes and more has the longest bar */
#define PAGE_BITS  12U
#define LEGEND_Y   30U
#define LEGEND_X   150U

enum colour { WRITE_EXEC, EXEC, WRITE, READ, DEVICE, UNKNOWN };

static const struct {
	const char *fill;
	const char *name;
} colours[] = {
	[WRITE_EXEC] = {"#d62728", "write and execute"},
	[EXEC] = {"#2ca02c", "execute"},
	[WRITE] = {"#f0a030", "write"},
	[READ] = {"#5b8db8", "read"},
	[DEVICE] = {"#9467bd", "device"},
	[UNKNOWN] = {"#9a9a9a", "not known"},
};

struct svg {
	libscan_put_fn *put;
	void *ctx;
};

static void write(const struct svg *svg, const char *format, ...) PRINTF_LIKE(2, 3);

static void write(const struct svg *svg, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	(void)fmt_vbuf(text, sizeof(text), format, args);
	va_end(args);
	svg->put(svg->ctx, text);
}

static enum colour colour_of(const struct libscan_range *range)
{
	uint32_t f = range->flags;
	bool write_exec = ((f & LIBSCAN_W1) != 0U && (f & LIBSCAN_X1) != 0U) ||
			  ((f & LIBSCAN_W0) != 0U && (f & LIBSCAN_X0) != 0U);

	if ((f & LIBSCAN_NO_AF) != 0U) {
		return UNKNOWN;
	}
	if (write_exec) {
		return WRITE_EXEC;
	}
	if ((range->attr & 0xf0U) == 0U) {
		return DEVICE;
	}
	if ((f & (LIBSCAN_X1 | LIBSCAN_X0)) != 0U) {
		return EXEC;
	}
	return (f & (LIBSCAN_W1 | LIBSCAN_W0)) != 0U ? WRITE : READ;
}

/* A number of pixels in tenths, as "12.3". */
struct tenths {
	unsigned whole;
	unsigned tenth;
};

static struct tenths tenths_of(uint64_t n)
{
	return (struct tenths){(unsigned)(n / 10U), (unsigned)(n % 10U)};
}

/* part of whole, times `length`, without overflow. */
static uint64_t scaled(uint64_t part, uint64_t whole, uint64_t length)
{
	while (part > UINT64_MAX / length) {
		part >>= 1;
		whole >>= 1;
	}
	return part * length / (whole != 0U ? whole : 1U);
}

static unsigned bar_width(uint64_t size_less_1)
{
	unsigned bits = size_less_1 == 0U ? 0U : bit_highest(size_less_1) + 1U;

	bits = bits < PAGE_BITS ? PAGE_BITS : (bits > BAR_BITS ? BAR_BITS : bits);
	return BAR_LEAST + (bits - PAGE_BITS) * (BAR_MOST - BAR_LEAST) / (BAR_BITS - PAGE_BITS);
}

static void draw_range(const struct svg *svg, const struct libscan_range *range,
	const struct libscan_range *first, uint64_t size_less_1, unsigned y)
{
	unsigned width = bar_width(size_less_1) * 10U;
	struct tenths x =
		tenths_of(LEFT * 10U + scaled(range->gva - first->gva, size_less_1, width));
	uint64_t w = scaled(range->last - range->gva, size_less_1, width);
	struct tenths wide = tenths_of(w < 10U ? 10U : w);
	char line[LIBSCAN_LINE_SIZE];

	(void)libscan_format(range, line, sizeof(line));
	write(svg, "<rect x=\"%u.%u\" y=\"%u\" width=\"%u.%u\" height=\"%u\" fill=\"%s\">", x.whole,
		x.tenth, y, wide.whole, wide.tenth, BAR_HEIGHT, colours[colour_of(range)].fill);
	write(svg, "<title>%s</title></rect>\n", line);
}

/* How many ranges from `ranges` on are one region. */
static size_t region_of(const struct libscan_range *ranges, size_t count)
{
	size_t n = 1;

	while (n < count && ranges[n].gva - ranges[n - 1U].last - 1U < LIBSCAN_REGION_GAP &&
		ranges[n].gva >> 63 == ranges[0].gva >> 63) {
		n++;
	}
	return n;
}

static void draw_region(
	const struct svg *svg, const struct libscan_range *ranges, size_t count, unsigned y)
{
	uint64_t size_less_1 = ranges[count - 1U].last - ranges[0].gva;
	char size[8];

	libscan_size(
		size_less_1 == UINT64_MAX ? size_less_1 : size_less_1 + 1U, size, sizeof(size));
	write(svg, "<text x=\"%u\" y=\"%u\">%016llx  %s, %zu range%s</text>\n", LEFT, y - 6U,
		(unsigned long long)ranges[0].gva, size, count, count == 1U ? "" : "s");
	write(svg, "<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" fill=\"#eeeeee\"/>\n", LEFT,
		y, bar_width(size_less_1), BAR_HEIGHT);
	for (size_t i = 0; i < count; i++) {
		draw_range(svg, &ranges[i], &ranges[0], size_less_1, y);
	}
}

static void draw_gap(const struct svg *svg, uint64_t last, uint64_t next, unsigned y)
{
	char size[8];

	libscan_size(next - last - 1U, size, sizeof(size));
	write(svg, "<text x=\"%u\" y=\"%u\" class=\"gap\">%s not mapped</text>\n", WIDTH - LEFT,
		y - 6U, size);
}

static void draw_legend(const struct svg *svg)
{
	for (unsigned i = 0; i < ARRAY_SIZE(colours); i++) {
		unsigned x = LEFT + i * LEGEND_X;

		write(svg, "<rect x=\"%u\" y=\"%u\" width=\"14\" height=\"14\" fill=\"%s\"/>\n", x,
			LEGEND_Y - 12U, colours[i].fill);
		write(svg, "<text x=\"%u\" y=\"%u\">%s</text>\n", x + 20U, LEGEND_Y,
			colours[i].name);
	}
}

void libscan_svg(const struct libscan_range *ranges, size_t count, libscan_put_fn *put, void *ctx)
{
	const struct svg svg = {put, ctx};
	unsigned regions = 0;

	for (size_t at = 0; at < count; at += region_of(ranges + at, count - at)) {
		regions++;
	}
	write(&svg,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\">\n"
		"<style>text { font: 13px monospace; } .gap { fill: #777777; text-anchor: end; }"
		"</style>\n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
		WIDTH, TOP + regions * ROW);
	draw_legend(&svg);
	regions = 0;
	for (size_t at = 0; at < count;) {
		size_t n = region_of(ranges + at, count - at);
		unsigned y = TOP + regions * ROW;

		if (at != 0U) {
			draw_gap(&svg, ranges[at - 1U].last, ranges[at].gva, y);
		}
		draw_region(&svg, ranges + at, n, y);
		at += n;
		regions++;
	}
	write(&svg, "</svg>\n");
}
