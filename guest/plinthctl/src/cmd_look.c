/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plinthctl scan, map, find-kernel, translate, read: looking into a VM's address space. Plinth
 * answers by lines of text, the same as its monitor shows (docs/monitor.md).
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "libscan/svg.h"
#include "look.h"
#include "signals.h"

#define POSITIONS 3U
#define LINE_SIZE 256U
#define LOOK_MS	  200

struct words {
	const char *position[POSITIONS];
	unsigned count;
	struct control_look look;
};

static void take_word(struct words *w, int count, char **words, int *i)
{
	static const struct {
		const char *name;
		uint32_t flag;
	} flags[] = {{"-x", CONTROL_LOOK_EXEC}, {"--wx", CONTROL_LOOK_WX},
		{"--el0", CONTROL_LOOK_EL0}, {"--both", CONTROL_LOOK_BOTH},
		{"--gpa", CONTROL_LOOK_GPA}};
	bool is_scan = w->look.kind == CONTROL_LOOK_SCAN;
	const char *value;

	for (size_t f = 0; f < ARRAY_SIZE(flags) && is_scan; f++) {
		if (strcmp(words[*i], flags[f].name) == 0) {
			w->look.flags |= flags[f].flag;
			return;
		}
	}
	if ((value = ctl_value(count, words, i, "--vcpu")) != NULL) {
		w->look.vcpu = ctl_vcpu(value);
	} else if (is_scan && (value = ctl_value(count, words, i, "--from")) != NULL) {
		w->look.from = ctl_number(value, 16, "--from");
	} else if (is_scan && (value = ctl_value(count, words, i, "--to")) != NULL) {
		w->look.to = ctl_number(value, 16, "--to");
	} else if (words[*i][0] == '-' || w->count == POSITIONS) {
		ctl_usage(words[0]);
	} else {
		w->position[w->count] = words[*i];
		w->count++;
	}
}

static struct words parse(enum control_look_kind kind, unsigned positions, int count, char **words)
{
	struct words w = {.look = {.kind = kind, .vcpu = CONTROL_LOOK_ANY_VCPU, .to = UINT64_MAX}};

	for (int i = 1; i < count; i++) {
		take_word(&w, count, words, &i);
	}
	if (w.count != positions) {
		ctl_usage(words[0]);
	}
	return w;
}

/* A line that has come in pieces. */
struct line {
	char text[LINE_SIZE];
	size_t length;
};

static void take_piece(
	struct line *line, const char *text, size_t size, const struct look_user *user)
{
	for (size_t i = 0; i < size; i++) {
		if (text[i] == '\n') {
			line->text[line->length] = '\0';
			user->take(user->ctx, line->text);
			line->length = 0;
		} else if (line->length < sizeof(line->text) - 1U) {
			line->text[line->length] = text[i];
			line->length++;
		}
	}
}

static void read_piece(struct plinth_control *read, const char *what)
{
	uint32_t status = ctl_try(read);

	if (status == CONTROL_NOT_FOUND) {
		ctl_die(EXIT_FAILED, "%s: cut off: nobody has taken its lines for ten seconds",
			what);
	}
	if (status != CONTROL_OK) {
		ctl_refused(read, status, what);
	}
}

void look_at(uint32_t vm, const struct control_look *look, const char *what,
	const struct look_user *user)
{
	struct control_look request = *look;
	char text[CONTROL_MOVE_MAX];
	struct plinth_control begin = {
		.call = CONTROL_LOOK, .vm = vm, .buffer = &request, .size = sizeof(request)};
	struct plinth_control read = {
		.call = CONTROL_LOOK_READ, .buffer = text, .size = sizeof(text)};
	struct plinth_control stop = {.call = CONTROL_LOOK_STOP};
	int wait = ctl_wait_open();
	struct line line = {.length = 0};
	bool is_stopped = false;

	ctl_call(&begin, what);
	read.arg = stop.arg = begin.result[0];
	do {
		read_piece(&read, what);
		if (!is_stopped) {
			take_piece(&line, text, (size_t)read.done, user);
		}
		if (!is_stopped && user->has_enough(user->ctx)) {
			/* It ends soon; then others may look. */
			ctl_call(&stop, what);
			is_stopped = true;
		}
		if (read.done == 0U && read.result[0] == 0U) {
			(void)ctl_wait(wait, -1, LOOK_MS);
		}
	} while (read.result[0] == 0U);
}

/* Plinth is told before we end. Whoever reads our output may have gone, too. */
static bool is_to_end(void *ctx)
{
	(void)ctx;
	return signals_caught() != 0 || ferror(stdout) != 0;
}

static void look(const struct words *w, const char *what, look_line_fn *take, void *ctx)
{
	const struct look_user user = {take, is_to_end, ctx};
	uint32_t vm = ctl_find(w->position[0]).vm;

	signals_catch();
	signals_catch_one(SIGPIPE);
	look_at(vm, &w->look, what, &user);
	int number = signals_caught();

	if (number != 0) {
		(void)signal(number, SIG_DFL);
		(void)raise(number);
	}
}

static void print_line(void *ctx, const char *line)
{
	(void)ctx;
	if (ctl_json) {
		json_string(NULL, line);
	} else {
		puts(line);
	}
}

static int show(const struct words *w, const char *what)
{
	if (ctl_json) {
		json_open(NULL, '[');
	}
	look(w, what, print_line, NULL);
	if (ctl_json) {
		json_close(']');
		json_end();
	}
	return EXIT_OK;
}

int command_scan(int count, char **words)
{
	struct words w = parse(CONTROL_LOOK_SCAN, 1, count, words);

	return show(&w, "scan");
}

int command_find_kernel(int count, char **words)
{
	struct words w = parse(CONTROL_LOOK_FIND_KERNEL, 1, count, words);

	return show(&w, "find-kernel");
}

int command_translate(int count, char **words)
{
	struct words w = parse(CONTROL_LOOK_TRANSLATE, 2, count, words);

	w.look.from = ctl_number(w.position[1], 16, "GVA");
	w.look.to = w.look.from;
	return show(&w, "translate");
}

int command_read(int count, char **words)
{
	struct words w = parse(CONTROL_LOOK_MEMORY, 3, count, words);
	uint64_t length = ctl_number(w.position[2], 10, "LENGTH");

	w.look.from = ctl_number(w.position[1], 16, "GVA");
	if (length == 0U || length - 1U > UINT64_MAX - w.look.from) {
		ctl_die(EXIT_USAGE, "LENGTH: not that many bytes are there");
	}
	w.look.to = w.look.from + (length - 1U);
	return show(&w, "read");
}

struct ranges {
	struct libscan_range *list;
	size_t count;
};

static void take_range(void *ctx, const char *line)
{
	struct ranges *ranges = ctx;
	struct libscan_range range;

	if (!libscan_parse(line, &range)) {
		return;
	}
	ranges->list = ctl_alloc(ranges->list, (ranges->count + 1U) * sizeof(ranges->list[0]));
	ranges->list[ranges->count] = range;
	ranges->count++;
}

static void put_text(void *ctx, const char *text)
{
	fputs(text, ctx);
}

int command_map(int count, char **words)
{
	struct words w = parse(CONTROL_LOOK_SCAN, 2, count, words);
	struct ranges ranges = {0};
	const char *path = w.position[1];

	look(&w, "map", take_range, &ranges);
	if (ranges.count == 0U) {
		ctl_die(EXIT_FAILED, "%s has nothing mapped there", w.position[0]);
	}
	FILE *file = fopen(path, "w");

	if (file == NULL) {
		ctl_die(EXIT_FAILED, "%s: %s", path, strerror(errno));
	}
	libscan_svg(ranges.list, ranges.count, put_text, file);
	if (fclose(file) != 0) {
		ctl_die(EXIT_FAILED, "%s: %s", path, strerror(errno));
	}
	free(ranges.list);
	if (ctl_json) {
		json_open(NULL, '{');
		json_string("file", path);
		json_number("ranges", ranges.count);
		json_close('}');
		json_end();
	} else {
		printf("%s: %zu ranges\n", path, ranges.count);
	}
	return EXIT_OK;
}
