/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "server_private.h"

#define NUMBER_DIGITS 16U

void gdb_answer_bytes(struct gdb_server *server, const char *text, size_t size)
{
	size_t room = GDB_PACKET_MAX - server->reply_size;

	size = size < room ? size : room;
	memcpy(server->reply + server->reply_size, text, size);
	server->reply_size += size;
	server->reply[server->reply_size] = '\0';
	server->is_answered = true;
}

void gdb_answer_more(struct gdb_server *server, const char *text)
{
	gdb_answer_bytes(server, text, strlen(text));
}

void gdb_answer(struct gdb_server *server, const char *text)
{
	server->reply_size = 0;
	gdb_answer_more(server, text);
}

void gdb_answer_digits(struct gdb_server *server, const void *bytes, size_t size)
{
	size_t room = (GDB_PACKET_MAX - server->reply_size) / 2U;

	size = size < room ? size : room;
	gdb_digits_of(bytes, size, server->reply + server->reply_size);
	server->reply_size += 2U * size;
	server->reply[server->reply_size] = '\0';
	server->is_answered = true;
}

/* Without leading zeroes. */
void gdb_answer_number(struct gdb_server *server, uint64_t value)
{
	char text[NUMBER_DIGITS + 1U];
	size_t at = NUMBER_DIGITS;

	text[at] = '\0';
	do {
		at--;
		text[at] = "0123456789abcdef"[value & 0xfU];
		value >>= 4U;
	} while (value != 0U);
	gdb_answer_more(server, text + at);
}
