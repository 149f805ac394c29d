/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBGDB_SERVER_PRIVATE_H
#define LIBGDB_SERVER_PRIVATE_H

#include "libgdb/server.h"

#define GDB_ERROR_MEMORY  "E0e" /* EFAULT */
#define GDB_ERROR_INVALID "E16" /* EINVAL */
#define GDB_ERROR_IO	  "E05"

/* answer.c: the reply, or more of it; what does not fit is cut. */
void gdb_answer(struct gdb_server *server, const char *text);
void gdb_answer_more(struct gdb_server *server, const char *text);
void gdb_answer_bytes(struct gdb_server *server, const char *text, size_t size);
void gdb_answer_digits(struct gdb_server *server, const void *bytes, size_t size);
void gdb_answer_number(struct gdb_server *server, uint64_t value);

/* registers.c: g, G, p, P. */
void gdb_read_all(struct gdb_server *server, const char *args);
void gdb_write_all(struct gdb_server *server, const char *args);
void gdb_read_one(struct gdb_server *server, const char *args);
void gdb_write_one(struct gdb_server *server, const char *args);

/* description.c: bytes of target.xml, qXfer's way. */
void gdb_describe_target(struct gdb_server *server, uint64_t offset, uint64_t length);

/* query.c: q, Q. */
void gdb_query(struct gdb_server *server, const char *args);

/* run.c: c, s, vCont, ?. */
void gdb_continue(struct gdb_server *server, const char *args);
void gdb_step(struct gdb_server *server, const char *args);
void gdb_v_packet(struct gdb_server *server, const char *args);
void gdb_tell_stop(struct gdb_server *server);

/* A thread id at *text: -1 and 0, any and all, are GDB_NO_VCPU. False: there is no such thread. */
bool gdb_thread(const struct gdb_server *server, const char **text, uint32_t *vcpu);

/* Is it so at the start of *text, which is moved behind it then? */
bool gdb_starts(const char **text, const char *start);

#endif
