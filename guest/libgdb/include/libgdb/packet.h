/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets of gdb's remote serial protocol (GDB manual, appendix E, "Overview"): $DATA#CHECKSUM,
 * where '}' makes the next byte another one; a 0x03 outside of them is an interrupt. Pure; what
 * comes in is taken byte by byte, and anything may come.
 */
#ifndef LIBGDB_PACKET_H
#define LIBGDB_PACKET_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of a packet's data, in either direction; 0x4000 in PacketSize. */
#define GDB_PACKET_MAX 16384U
/* Of a frame around it, each byte escaped. */
#define GDB_FRAME_MAX (2U * GDB_PACKET_MAX + 4U)

enum gdb_input {
	GDB_NOTHING, /* yet */
	GDB_PACKET,  /* it is in data[0 .. size), with a NUL behind it */
	GDB_BROKEN,  /* one whose checksum is wrong, or that is too long */
	GDB_ACK,
	GDB_NAK,
	GDB_INTERRUPT,
};

struct gdb_reader {
	unsigned state; /* 0 at first */
	uint8_t sum;
	uint8_t told; /* the checksum that was sent */
	size_t size;
	char data[GDB_PACKET_MAX + 1U];
};

/* What this byte makes of what came before. */
enum gdb_input gdb_take(struct gdb_reader *reader, uint8_t byte);

/* The frame of at most GDB_PACKET_MAX bytes, to `frame` of GDB_FRAME_MAX; its length. */
size_t gdb_frame(const char *data, size_t size, char *frame);

/* Hexadecimal digits: the value of one, or -1; `size` bytes in a target's order, from 2 * size
 * digits (false: not all are), or to as many. */
int gdb_digit(char c);
int gdb_bytes_of(const char *digits, void *bytes, size_t size);
void gdb_digits_of(const void *bytes, size_t size, char *digits);

/* A number in hexadecimal at *text, which is moved behind it; 0: there is none, or it is too
 * large. */
int gdb_number(const char **text, uint64_t *value);

#endif
