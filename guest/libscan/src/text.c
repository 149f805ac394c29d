/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bits.h"
#include "base/compiler.h"
#include "base/fmt.h"
#include "base/string.h"
#include "libscan/libscan.h"
#include "names.h"

const char *const share_names[SHARE_COUNT] = {"ns", "sh1", "os", "is"};

const struct permission permissions[PERMISSION_COUNT] = {
	{LIBSCAN_R1, LIBSCAN_ASKED_1, 'r'},
	{LIBSCAN_W1, LIBSCAN_ASKED_1, 'w'},
	{LIBSCAN_X1, LIBSCAN_ASKED_X, 'x'},
	{LIBSCAN_R0, LIBSCAN_ASKED_0, 'r'},
	{LIBSCAN_W0, LIBSCAN_ASKED_0, 'w'},
	{LIBSCAN_X0, LIBSCAN_ASKED_X, 'x'},
};

struct attr_name {
	uint8_t attr;
	const char *name;
};

const char *libscan_attr_name(uint8_t attr)
{
	/* DDI 0487, D19.2, MAIR_EL1: outer and inner alike, allocating; the four kinds of device */
	static const struct attr_name names[] = {
		{0xff, "wb"},
		{0xbb, "wt"},
		{0x44, "nc"},
		{0xf0, "tagged"},
		{0x00, "nGnRnE"},
		{0x04, "nGnRE"},
		{0x08, "nGRE"},
		{0x0c, "GRE"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (names[i].attr == attr) {
			return names[i].name;
		}
	}
	return NULL;
}

void libscan_size(uint64_t size, char *buf, size_t buf_size)
{
	static const char units[] = "BKMGTPE";
	unsigned unit = 0;

	while (size >= 1024U && unit + 2U < sizeof(units)) {
		size >>= 10;
		unit++;
	}
	(void)fmt_buf(buf, buf_size, "%llu%c", (unsigned long long)size, units[unit]);
}

static void format_permissions(uint32_t flags, char text[PERMISSION_COUNT + 2U])
{
	size_t at = 0;

	for (size_t i = 0; i < PERMISSION_COUNT; i++) {
		const struct permission *p = &permissions[i];

		if (i == PERMISSION_COUNT / 2U) {
			text[at] = '/';
			at++;
		}
		text[at] = (flags & p->asked) == 0U ? '?'
						    : ((flags & p->flag) != 0U ? p->letter : '-');
		at++;
	}
	text[at] = '\0';
}

static void format_place(const struct libscan_range *range, char *text, size_t size)
{
	if ((range->flags & LIBSCAN_GPA) != 0U) {
		(void)fmt_buf(text, size, "%016llx", (unsigned long long)range->gpa);
	} else {
		(void)str_copy(text,
			(range->flags & LIBSCAN_SCATTERED) != 0U ? SCATTERED_WORD : UNKNOWN_WORD,
			size);
	}
}

static void format_leaves(uint32_t leaves, char *text, size_t size)
{
	char one[8];
	size_t used = 0;

	text[0] = '\0';
	while (leaves != 0U && used + sizeof(one) < size) {
		libscan_size(BIT(bit_lowest(leaves)), one, sizeof(one));
		used += fmt_buf(text + used, size - used, "%s%s", used == 0U ? " " : ",", one);
		leaves &= leaves - 1U;
	}
}

size_t libscan_format(const struct libscan_range *range, char *buf, size_t size)
{
	bool known = (range->flags & LIBSCAN_NO_AF) == 0U;
	const char *attr = known ? libscan_attr_name(range->attr) : NOT_KNOWN_WORD;
	char perms[PERMISSION_COUNT + 2U];
	char place[20];
	char number[8];
	char leaves[32];

	if (attr == NULL) {
		(void)fmt_buf(number, sizeof(number), ATTR_PREFIX "%02x", range->attr);
		attr = number;
	}
	format_permissions(range->flags, perms);
	format_place(range, place, sizeof(place));
	format_leaves((range->flags & LIBSCAN_ASKED_X) != 0U ? range->leaves : 0U, leaves,
		sizeof(leaves));
	return fmt_buf(buf, size, "%016llx-%016llx %s %s %s %s%s%s", (unsigned long long)range->gva,
		(unsigned long long)range->last, perms, place, attr,
		known ? share_names[range->share % SHARE_COUNT] : NOT_KNOWN_WORD, leaves,
		known ? "" : " " NO_AF_WORD);
}
