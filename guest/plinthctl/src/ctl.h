/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the commands of plinthctl share. Errors end the program with a line on standard error that
 * says what to do; so functions here return what was asked for, or not at all.
 */
#ifndef PLINTHCTL_CTL_H
#define PLINTHCTL_CTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/compiler.h"
#include "plinth/control.h"

#define EXIT_OK	    0
#define EXIT_FAILED 1 /* Plinth has refused, or a file cannot be written */
#define EXIT_USAGE  2
#define EXIT_ACCESS 3 /* no root, no control rights, no Plinth */

/* Set by main() from the options that every command has. */
extern bool ctl_json;

NORETURN void ctl_die(int code, const char *format, ...) PRINTF_LIKE(2, 3);

/* The words of a command; count >= 1, words[0] is its name. */
typedef int command_fn(int count, char **words);

struct command {
	const char *name;
	const char *args;
	const char *help;
	command_fn *run;
};

extern const struct command ctl_commands[];
extern const size_t ctl_command_count;

/* Ends the program with the command's own usage line. */
NORETURN void ctl_usage(const char *name);

/* One call; `what` is said when it fails. */
void ctl_call(struct plinth_control *control, const char *what);

/* The same; the status, for the caller to judge. */
uint32_t ctl_try(struct plinth_control *control);

/* Ends the program because of that status. */
NORETURN void ctl_refused(const struct plinth_control *control, uint32_t status, const char *what);

/* The VM of that name; of those, a half-built one last. */
struct control_vm ctl_find(const char *name);

/* Whether it still is: a handle may be another VM's by now. */
bool ctl_is_there(const struct control_vm *vm);

/* All VMs; to be freed. */
struct control_vm *ctl_list(size_t *count);

/* The name of a handle, "-" where there is none; valid until the next call. */
const char *ctl_name(uint32_t vm);

struct control_host ctl_host(void);
struct control_info ctl_info(uint32_t vm);

/* All vCPUs of the VM; to be freed. NULL, with a count of 0: it is not there any more, or not yet.
 */
struct control_vcpu *ctl_vcpus(uint32_t vm, size_t *count);

const char *ctl_state_name(uint64_t state);

/* Numbers: "0x" hexadecimal, else `base`. Ends the program where `text` is none. */
uint64_t ctl_number(const char *text, int base, const char *what);

/* A vCPU's number, which `--vcpu` takes. */
uint32_t ctl_vcpu(const char *text);

/* An option of a command: takes words[*at] (and its value, if it has one) where it is `name`. */
bool ctl_flag(const char *word, const char *name);
const char *ctl_value(int count, char **words, int *at, const char *name);

/* Memory, or the end of the program. */
void *ctl_alloc(void *old, size_t size);

/* json.c: a value of JSON, comma and all; key NULL in an array. */
void json_open(const char *key, char bracket);
void json_close(char bracket);
void json_string(const char *key, const char *value);
void json_number(const char *key, uint64_t value);
void json_hex(const char *key, uint64_t value);
void json_bool(const char *key, bool value);
void json_end(void); /* a line end after a whole value */

/* wait.c: sleeps until something has happened. */

/* Asks for a line of Plinth's GPIO device; -1: there is none free, and ctl_wait() only sleeps a
 * while. Before the first look at what is there, so that nothing is missed. */
int ctl_wait_open(void);

/* Until the line rises, `fd` (-1: none) can be read, or the time is over; false: `fd` can be read.
 * The line is low then, for the next event to raise it: who looks at what there is after this, and
 * then waits again, misses nothing. */
bool ctl_wait(int line, int fd, int milliseconds);

/* Milliseconds of a clock that nobody sets. */
uint64_t ctl_now(void);

/* Lowers the line, whatever has raised it; false: no right to. ctl_wait() does. */
bool ctl_drop_events(void);

#endif
