/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The target's memory and string functions. Words are used only where source and destination can
 * both be aligned: nothing here makes an unaligned access, so all of it works with the MMU off.
 */
#include "base/string.h"

#include <stdint.h>

#define WORD	    sizeof(uint64_t)
#define BLOCK_WORDS 8U
#define BLOCK	    (BLOCK_WORDS * WORD)
#define DOWN_WORDS  4U

static size_t bytes_to_alignment(uintptr_t address, size_t size, size_t alignment)
{
	size_t bytes = (size_t)(-address & (alignment - 1U));

	return bytes < size ? bytes : size;
}

static void copy_bytes(uint8_t *dst, const uint8_t *src, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		dst[i] = src[i];
	}
}

/* Both aligned to 8. All loads of a block come before its stores, so that the compiler makes pairs
 * of them; left to itself it mixes them. */
static size_t copy_words(uint8_t *dst, const uint8_t *src, size_t size)
{
	uint64_t *to = (uint64_t *)(void *)dst;
	const uint64_t *from = (const uint64_t *)(const void *)src;
	size_t left = size;

	for (; left >= BLOCK; left -= BLOCK, to += BLOCK_WORDS, from += BLOCK_WORDS) {
		uint64_t a = from[0], b = from[1], c = from[2], d = from[3];
		uint64_t e = from[4], f = from[5], g = from[6], h = from[7];

		__asm__ volatile("" ::: "memory");
		to[0] = a;
		to[1] = b;
		to[2] = c;
		to[3] = d;
		to[4] = e;
		to[5] = f;
		to[6] = g;
		to[7] = h;
	}
	for (; left >= WORD; left -= WORD) {
		*to++ = *from++;
	}
	return size - left;
}

/* dst aligned to 8, src not: of the words that src's bytes lie in, what lies around them is read,
 * too, and not used. */
__attribute__((no_sanitize("address"))) static size_t copy_shifted(
	uint8_t *dst, const uint8_t *src, size_t size)
{
	unsigned offset = (uintptr_t)src % WORD;
	unsigned right = 8U * offset;
	unsigned left = 64U - right;
	uint64_t *to = (uint64_t *)(void *)dst;
	const uint64_t *from = (const uint64_t *)(const void *)(src - offset);
	uint64_t low = *from++;
	size_t words = size / WORD;

	for (; words >= 2U; words -= 2U, to += 2, from += 2) {
		uint64_t middle = from[0];
		uint64_t high = from[1];

		__asm__ volatile("" ::: "memory");
		to[0] = low >> right | middle << left;
		to[1] = middle >> right | high << left;
		low = high;
	}
	if (words != 0U) {
		*to = low >> right | *from << left;
	}
	return size / WORD * WORD;
}

/* Upwards, all loads of a block before its stores: right as well where dst lies below src and they
 * overlap, by whatever distance. */
static void copy_up(uint8_t *to, const uint8_t *from, size_t size)
{
	uintptr_t difference = (uintptr_t)to ^ (uintptr_t)from;
	size_t head = bytes_to_alignment((uintptr_t)to, size, WORD);
	size_t done;

	copy_bytes(to, from, head);
	to += head;
	from += head;
	size -= head;
	if ((difference & 7U) == 0U) {
		done = copy_words(to, from, size);
	} else {
		done = size >= WORD ? copy_shifted(to, from, size) : 0U;
	}
	copy_bytes(to + done, from + done, size - done);
}

void *memcpy(void *restrict dst, const void *restrict src, size_t size)
{
	copy_up(dst, src, size);
	return dst;
}

/* Downwards: the ends of both, aligned to 8 together, move to their beginnings. */
static size_t copy_words_down(uint8_t *end, const uint8_t *from_end, size_t size)
{
	uint64_t *to = (uint64_t *)(void *)end;
	const uint64_t *from = (const uint64_t *)(const void *)from_end;
	size_t left = size;

	for (; left >= DOWN_WORDS * WORD; left -= DOWN_WORDS * WORD) {
		to -= DOWN_WORDS;
		from -= DOWN_WORDS;
		uint64_t a = from[0], b = from[1], c = from[2], d = from[3];

		__asm__ volatile("" ::: "memory");
		to[0] = a;
		to[1] = b;
		to[2] = c;
		to[3] = d;
	}
	for (; left >= WORD; left -= WORD) {
		*--to = *--from;
	}
	return left;
}

static void copy_down(uint8_t *to, const uint8_t *from, size_t size)
{
	if ((((uintptr_t)to ^ (uintptr_t)from) & 7U) == 0U) {
		for (; size != 0U && ((uintptr_t)(to + size) & 7U) != 0U; size--) {
			to[size - 1U] = from[size - 1U];
		}
		size = copy_words_down(to + size, from + size, size);
	}
	while (size != 0U) {
		size--;
		to[size] = from[size];
	}
}

void *memmove(void *dst, const void *src, size_t size)
{
	if ((uintptr_t)dst - (uintptr_t)src >= size) {
		copy_up(dst, src, size);
	} else {
		copy_down(dst, src, size);
	}
	return dst;
}

void *memset(void *dst, int byte, size_t size)
{
	uint8_t *to = dst;
	uint8_t b = (uint8_t)byte;
	uint64_t word = b * UINT64_C(0x0101010101010101);
	size_t head = bytes_to_alignment((uintptr_t)to, size, WORD);

	for (size_t i = 0; i < head; i++) {
		to[i] = b;
	}
	to += head;
	size -= head;

	uint64_t *words = (uint64_t *)(void *)to;

	for (; size >= BLOCK; size -= BLOCK, words += BLOCK_WORDS) {
		words[0] = word;
		words[1] = word;
		words[2] = word;
		words[3] = word;
		words[4] = word;
		words[5] = word;
		words[6] = word;
		words[7] = word;
	}
	for (; size >= WORD; size -= WORD) {
		*words++ = word;
	}
	to = (uint8_t *)words;
	for (size_t i = 0; i < size; i++) {
		to[i] = b;
	}
	return dst;
}

/* Bytes that are the same, of whole words; x aligned to 8. As copy_shifted() for a y that is not.
 */
__attribute__((no_sanitize("address"))) static size_t same_words(
	const uint8_t *x, const uint8_t *y, size_t size)
{
	unsigned offset = (uintptr_t)y % WORD;
	unsigned right = 8U * offset;
	const uint64_t *words = (const uint64_t *)(const void *)x;
	const uint64_t *others = (const uint64_t *)(const void *)(y - offset);
	size_t done = 0;

	if (offset == 0U) {
		for (; done + WORD <= size && *words++ == *others++; done += WORD) {
		}
		return done;
	}
	for (; done + WORD <= size; done += WORD, others++) {
		if (*words++ != (others[0] >> right | others[1] << (64U - right))) {
			break;
		}
	}
	return done;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const uint8_t *x = a;
	const uint8_t *y = b;
	size_t i = 0;

	if (((uintptr_t)x & (WORD - 1U)) == 0U) {
		i = same_words(x, y, size);
	}
	for (; i < size; i++) {
		if (x[i] != y[i]) {
			return x[i] < y[i] ? -1 : 1;
		}
	}
	return 0;
}

size_t strnlen(const char *s, size_t max)
{
	size_t length = 0;

	while (length < max && s[length] != '\0') {
		length++;
	}
	return length;
}

size_t strlen(const char *s)
{
	return strnlen(s, SIZE_MAX);
}

int strncmp(const char *a, const char *b, size_t max)
{
	for (size_t i = 0; i < max; i++) {
		unsigned char x = (unsigned char)a[i];
		unsigned char y = (unsigned char)b[i];

		if (x != y) {
			return x < y ? -1 : 1;
		}
		if (x == 0U) {
			break;
		}
	}
	return 0;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, SIZE_MAX);
}
