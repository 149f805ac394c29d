/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DEFLATE. Section numbers are RFC 1951's.
 */
#include "inflate/inflate.h"

#include <stdbool.h>

#include "base/bits.h"
#include "base/compiler.h"
#include "base/string.h"

/* 3.2.7 */
#define LITERALS_MIN	 257U
#define DISTANCES_MIN	 1U
#define LENGTH_CODES_MIN 4U
#define LENGTH_CODES_MAX 19U
#define REPEAT_LAST	 16U
#define REPEAT_ZERO	 17U

#define END_OF_BLOCK  256U
#define LITERALS_MAX  286U /* symbols that mean something; 3.2.5 */
#define DISTANCES_MAX 30U
#define NO_SYMBOL     UINT32_MAX

#define ENTRY_LENGTH 4U /* bits of an entry of inflate_code.fast for the word's length */

/* Where a stream is. Bits are taken from the lowest on (3.1.1). Past the input's end come zeroes
 * without end, so that nobody has to ask for each bit. */
struct stream {
	struct inflate_data *data;
	size_t next; /* byte of the input that `bits` has not yet: may lie past the end */
	uint64_t bits;
	unsigned count;
	size_t out_used;
};

/* At least 57 bits are there afterwards: enough for a length and a distance with their extra bits,
 * which are 48. */
static inline void fill(struct stream *s)
{
	const struct inflate_data *data = s->data;

	for (; s->count <= 56U; s->count += 8U) {
		if (LIKELY(s->next < data->in_size)) {
			s->bits |= (uint64_t)data->in[s->next] << s->count;
		}
		s->next++;
	}
}

static inline unsigned take(struct stream *s, unsigned count)
{
	unsigned bits = (unsigned)(s->bits & MASK_BELOW(count));

	s->bits >>= count;
	s->count -= count;
	return bits;
}

/* Has any bit been taken that the input does not have? */
static inline bool is_cut_off(const struct stream *s)
{
	return s->next > s->data->in_size && (s->next - s->data->in_size) * 8U > s->count;
}

/* Counts the words of each length; true: the code is one that may be. All bits patterns are to mean
 * something, but that there may be one word of one bit, or no word where nothing is coded (3.2.7).
 */
static bool count_words(struct inflate_code *code, const uint8_t *lengths, unsigned symbols)
{
	int left = 1; /* words of the present length that are still free */

	memset(code->count, 0, sizeof(code->count));
	for (unsigned i = 0; i < symbols; i++) {
		code->count[lengths[i]]++;
	}
	for (unsigned length = 1; length <= INFLATE_LENGTH_MAX; length++) {
		left = 2 * left - code->count[length];
		if (left < 0) {
			return false;
		}
	}
	return left == 0 || symbols - code->count[0] == 0U ||
	       (symbols - code->count[0] == 1U && code->count[1] == 1U);
}

/* Words are sent from their highest bit on, all else from the lowest (3.1.1). */
static unsigned reversed(unsigned word, unsigned length)
{
	unsigned result = 0;

	for (; length > 0U; length--, word >>= 1) {
		result = result << 1 | (word & 1U);
	}
	return result;
}

static void add_fast(struct inflate_code *code, unsigned symbol, unsigned word, unsigned length)
{
	for (unsigned bits = reversed(word, length); bits < INFLATE_FAST_LENGTH;
		bits += 1U << length) {
		code->fast[bits] = (uint16_t)(symbol << ENTRY_LENGTH | length);
	}
}

/* The code whose words have these lengths (3.2.2); 0: no word. False: there is none. */
static bool make_code(struct inflate_code *code, const uint8_t *lengths, unsigned symbols)
{
	unsigned word[INFLATE_LENGTH_MAX + 1U]; /* the next of each length, and where it comes */
	unsigned place[INFLATE_LENGTH_MAX + 1U];

	if (!count_words(code, lengths, symbols)) {
		return false;
	}
	word[1] = 0;
	place[1] = 0;
	for (unsigned length = 1; length < INFLATE_LENGTH_MAX; length++) {
		word[length + 1U] = (word[length] + code->count[length]) << 1;
		place[length + 1U] = place[length] + code->count[length];
	}
	memset(code->fast, 0, sizeof(code->fast));
	for (unsigned symbol = 0; symbol < symbols; symbol++) {
		unsigned length = lengths[symbol];

		if (length != 0U) {
			code->symbol[place[length]++] = (uint16_t)symbol;
			if (length <= INFLATE_FAST_BITS) {
				add_fast(code, symbol, word[length], length);
			}
			word[length]++;
		}
	}
	return true;
}

/* Bit by bit: the words of a length follow each other, and their symbols do, too. */
static NOINLINE unsigned read_long_symbol(struct stream *s, const struct inflate_code *code)
{
	unsigned word = 0;
	unsigned first = 0; /* word of this length */
	unsigned place = 0;

	for (unsigned length = 1; length <= INFLATE_LENGTH_MAX; length++) {
		unsigned count = code->count[length];

		word = word << 1 | take(s, 1);
		if (word - first < count) {
			return code->symbol[place + (word - first)];
		}
		place += count;
		first = (first + count) << 1;
	}
	return NO_SYMBOL;
}

static inline unsigned read_symbol(struct stream *s, const struct inflate_code *code)
{
	unsigned entry = code->fast[s->bits % INFLATE_FAST_LENGTH];

	if (UNLIKELY(entry == 0U)) {
		return read_long_symbol(s, code);
	}
	(void)take(s, entry & MASK_BELOW(ENTRY_LENGTH));
	return entry >> ENTRY_LENGTH;
}

/* 3.2.5 has both as tables: lengths in groups of 4 with an extra bit more each, 3 to 258, and
 * distances in groups of 2, from 1 on. */
static inline unsigned read_length(struct stream *s, unsigned symbol)
{
	unsigned n = symbol - (END_OF_BLOCK + 1U);
	unsigned extra = n / 4U - 1U;

	if (n < 8U) {
		return 3U + n;
	}
	return n == 28U ? 258U : 3U + ((4U + n % 4U) << extra) + take(s, extra);
}

static inline unsigned read_distance(struct stream *s, unsigned symbol)
{
	unsigned extra = symbol / 2U - 1U;

	return symbol < 4U ? 1U + symbol : 1U + ((2U + symbol % 2U) << extra) + take(s, extra);
}

/* The bytes may be among those that are written: then they repeat. */
static enum inflate_result repeat(struct stream *s, size_t length, size_t distance)
{
	uint8_t *to = s->data->out + s->out_used;

	if (distance > s->out_used) {
		return INFLATE_DAMAGED;
	}
	if (length > s->data->out_size - s->out_used) {
		return INFLATE_NO_ROOM;
	}
	for (size_t i = 0; i < length; i++) {
		to[i] = *(to + i - distance);
	}
	s->out_used += length;
	return INFLATE_OK;
}

static inline enum inflate_result put(struct stream *s, unsigned byte)
{
	if (UNLIKELY(s->out_used == s->data->out_size)) {
		return INFLATE_NO_ROOM;
	}
	s->data->out[s->out_used++] = (uint8_t)byte;
	return INFLATE_OK;
}

static enum inflate_result read_repeat(
	struct stream *s, unsigned symbol, const struct inflate_code *distances)
{
	unsigned length;
	unsigned distance;

	if (symbol >= LITERALS_MAX) {
		return INFLATE_DAMAGED;
	}
	length = read_length(s, symbol);
	distance = read_symbol(s, distances);
	return distance < DISTANCES_MAX ? repeat(s, length, read_distance(s, distance))
					: INFLATE_DAMAGED;
}

static enum inflate_result read_coded(struct stream *s, const struct inflate_memory *memory)
{
	enum inflate_result result = INFLATE_OK;

	while (result == INFLATE_OK) {
		unsigned symbol;

		fill(s);
		symbol = read_symbol(s, &memory->literal);
		if (symbol < END_OF_BLOCK) {
			result = put(s, symbol);
		} else if (symbol == END_OF_BLOCK) {
			break;
		} else {
			result = read_repeat(s, symbol, &memory->distance);
		}
		/* First of all: what is wrong may be so for want of bits. */
		if (UNLIKELY(is_cut_off(s))) {
			return INFLATE_CUT_OFF;
		}
	}
	return result;
}

/* 3.2.6 */
static enum inflate_result read_fixed(struct stream *s, struct inflate_memory *memory)
{
	uint8_t *lengths = memory->lengths;

	memset(lengths, 8, 144);
	memset(lengths + 144, 9, 256 - 144);
	memset(lengths + 256, 7, 280 - 256);
	memset(lengths + 280, 8, INFLATE_SYMBOL_MAX - 280);
	(void)make_code(&memory->literal, lengths, INFLATE_SYMBOL_MAX);
	memset(lengths, 5, 32);
	(void)make_code(&memory->distance, lengths, 32);
	return read_coded(s, memory);
}

/* What a symbol of the code of lengths says; false: nothing that can be. */
static bool read_lengths_symbol(
	struct stream *s, unsigned symbol, uint8_t *lengths, unsigned *done, unsigned total)
{
	unsigned times = 1;
	uint8_t length = (uint8_t)symbol;

	if (symbol >= REPEAT_LAST) {
		if (symbol == REPEAT_LAST && *done == 0U) {
			return false;
		}
		length = symbol == REPEAT_LAST ? lengths[*done - 1U] : 0U;
		times = symbol == REPEAT_LAST	? 3U + take(s, 2)
			: symbol == REPEAT_ZERO ? 3U + take(s, 3)
						: 11U + take(s, 7);
	}
	if (times > total - *done) {
		return false;
	}
	memset(lengths + *done, length, times);
	*done += times;
	return true;
}

/* The lengths of both codes, by the code that memory->literal is meanwhile. */
static enum inflate_result read_lengths(
	struct stream *s, struct inflate_memory *memory, unsigned total)
{
	for (unsigned done = 0; done < total;) {
		unsigned symbol;
		bool known;

		fill(s);
		symbol = read_symbol(s, &memory->literal);
		known = symbol < LENGTH_CODES_MAX &&
			read_lengths_symbol(s, symbol, memory->lengths, &done, total);
		if (is_cut_off(s)) {
			return INFLATE_CUT_OFF;
		}
		if (!known) {
			return INFLATE_DAMAGED;
		}
	}
	return INFLATE_OK;
}

static bool read_code_of_lengths(struct stream *s, struct inflate_memory *memory, unsigned count)
{
	static const uint8_t order[LENGTH_CODES_MAX] = {
		16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};

	memset(memory->lengths, 0, LENGTH_CODES_MAX);
	for (unsigned i = 0; i < count; i++) {
		fill(s);
		memory->lengths[order[i]] = (uint8_t)take(s, 3);
	}
	return make_code(&memory->literal, memory->lengths, LENGTH_CODES_MAX);
}

/* 3.2.7 */
static enum inflate_result read_dynamic(struct stream *s, struct inflate_memory *memory)
{
	unsigned literals = LITERALS_MIN + take(s, 5);
	unsigned distances = DISTANCES_MIN + take(s, 5);
	unsigned count = LENGTH_CODES_MIN + take(s, 4);
	enum inflate_result result;

	if (literals > LITERALS_MAX || distances > DISTANCES_MAX ||
		!read_code_of_lengths(s, memory, count)) {
		return is_cut_off(s) ? INFLATE_CUT_OFF : INFLATE_DAMAGED;
	}
	result = read_lengths(s, memory, literals + distances);
	if (result != INFLATE_OK) {
		return result;
	}
	if (memory->lengths[END_OF_BLOCK] == 0U ||
		!make_code(&memory->literal, memory->lengths, literals) ||
		!make_code(&memory->distance, memory->lengths + literals, distances)) {
		return INFLATE_DAMAGED;
	}
	return read_coded(s, memory);
}

/* Gives whole bytes back to the input. */
static void align(struct stream *s)
{
	s->next -= s->count / 8U;
	s->count = 0;
	s->bits = 0;
}

/* 3.2.4 */
static enum inflate_result read_stored(struct stream *s)
{
	struct inflate_data *data = s->data;
	unsigned size;
	unsigned complement;

	(void)take(s, s->count % 8U);
	size = take(s, 16);
	complement = take(s, 16);
	if (is_cut_off(s)) {
		return INFLATE_CUT_OFF;
	}
	if (size != (complement ^ 0xffffU)) {
		return INFLATE_DAMAGED;
	}
	align(s);
	if (size > data->in_size - s->next) {
		return INFLATE_CUT_OFF;
	}
	if (size > data->out_size - s->out_used) {
		return INFLATE_NO_ROOM;
	}
	memcpy(data->out + s->out_used, data->in + s->next, size);
	s->next += size;
	s->out_used += size;
	return INFLATE_OK;
}

static enum inflate_result read_block(
	struct stream *s, struct inflate_memory *memory, unsigned type)
{
	switch (type) {
	case 0:
		return read_stored(s);
	case 1:
		return read_fixed(s, memory);
	case 2:
		return read_dynamic(s, memory);
	default:
		return INFLATE_DAMAGED;
	}
}

enum inflate_result inflate_deflate(struct inflate_data *data, struct inflate_memory *memory)
{
	struct stream s = {.data = data};
	enum inflate_result result;
	bool last;

	do {
		fill(&s);
		last = take(&s, 1) != 0U;
		result = read_block(&s, memory, take(&s, 2));
		if (is_cut_off(&s)) {
			result = INFLATE_CUT_OFF;
		}
	} while (result == INFLATE_OK && !last);
	align(&s);
	data->in_used = min_u64(s.next, data->in_size);
	data->out_used = s.out_used;
	return result;
}
