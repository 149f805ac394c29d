/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/options.h"

#include "base/fmt.h"
#include "base/string.h"

const char detect_usage[] = "Usage: plinth-detect [OPTION]...\n"
			    "Tells whether a hypervisor runs below this system, by what it traps.\n"
			    "\n"
			    "  --probe NAME    run this probe alone; may be given again\n"
			    "  --without NAME  leave this probe out; may be given again\n"
			    "  --runs N        how often each probe runs, 16 to 2048 (256)\n"
			    "  --repeat N      the battery N times, 1 to 1000, a report for each\n"
			    "  --json          the report as one JSON object\n"
			    "  --explain       what each answer is worth\n"
			    "  --list          the probes, without running them\n"
			    "  --help          this text\n"
			    "\n"
			    "Exit status: 0 present, 1 absent, 2 undecided, 64 for bad usage.\n";

struct parser {
	struct detect_options *options;
	char *complaint;
	enum detect_level level;
	bool has_selection; /* --probe was given: the battery is what was named */
};

static enum plinth_status complain(struct parser *parser, const char *what, const char *word)
{
	(void)fmt_buf(parser->complaint, DETECT_COMPLAINT_MAX, "%s: %.40s", what, word);
	return PLINTH_EINVAL;
}

/* Decimal, at most `most`; false where it is anything else. */
static bool parse_number(const char *word, uint32_t most, uint32_t *value)
{
	uint32_t number = 0;
	const char *at = word;

	for (; *at >= '0' && *at <= '9' && number <= most; at++) {
		number = number * 10U + (uint32_t)(*at - '0');
	}
	*value = number;
	return at != word && *at == '\0' && number <= most;
}

static enum plinth_status parse_runs(struct parser *parser, const char *word)
{
	uint32_t *runs = &parser->options->request.runs;

	if (!parse_number(word, DETECT_RUNS_MAX, runs) || *runs < DETECT_RUNS_MIN) {
		return complain(parser, "--runs takes a number from 16 to 2048", word);
	}
	return PLINTH_OK;
}

static enum plinth_status parse_repeat(struct parser *parser, const char *word)
{
	uint32_t *repeat = &parser->options->repeat;

	if (!parse_number(word, DETECT_REPEAT_MAX, repeat) || *repeat == 0U) {
		return complain(parser, "--repeat takes a number from 1 to 1000", word);
	}
	return PLINTH_OK;
}

static enum plinth_status select_probe(struct parser *parser, const char *word, bool wanted)
{
	struct detect_request *request = &parser->options->request;
	enum detect_probe_id id;

	if (!detect_probe_find(word, &id)) {
		return complain(parser, "no such probe, see --list", word);
	}
	if (wanted && detect_probe(id)->role[parser->level] == ROLE_NONE) {
		return complain(parser, "this probe is not for this level, see --list", word);
	}
	if (wanted && !parser->has_selection) {
		memset(request->probes, 0, sizeof(request->probes));
		parser->has_selection = true;
	}
	request->probes[id] = wanted;
	return PLINTH_OK;
}

static enum plinth_status parse_flag(struct parser *parser, const char *word)
{
	struct detect_options *options = parser->options;

	if (strcmp(word, "--json") == 0) {
		options->is_json = true;
	} else if (strcmp(word, "--explain") == 0) {
		options->is_explained = true;
	} else if (strcmp(word, "--list") == 0) {
		options->action = ACTION_LIST;
	} else if (strcmp(word, "--help") == 0) {
		options->action = ACTION_HELP;
	} else {
		return complain(parser, "unknown option, see --help", word);
	}
	return PLINTH_OK;
}

static enum plinth_status parse_value(struct parser *parser, const char *word, const char *value)
{
	if (value == NULL) {
		return complain(parser, "a value is missing", word);
	}
	if (strcmp(word, "--runs") == 0) {
		return parse_runs(parser, value);
	}
	if (strcmp(word, "--repeat") == 0) {
		return parse_repeat(parser, value);
	}
	return select_probe(parser, value, strcmp(word, "--probe") == 0);
}

static bool takes_value(const char *word)
{
	return strcmp(word, "--runs") == 0 || strcmp(word, "--repeat") == 0 ||
	       strcmp(word, "--probe") == 0 || strcmp(word, "--without") == 0;
}

enum plinth_status detect_options_parse(struct detect_options *options, enum detect_level level,
	size_t count, const char *const *argv, char complaint[DETECT_COMPLAINT_MAX])
{
	struct parser parser = {.options = options, .complaint = complaint, .level = level};

	*options = (struct detect_options){.action = ACTION_RUN, .repeat = 1};
	detect_request_init(&options->request, level);
	for (size_t i = 1; i < count; i++) {
		enum plinth_status status;

		if (takes_value(argv[i])) {
			status =
				parse_value(&parser, argv[i], i + 1U < count ? argv[i + 1U] : NULL);
			i++;
		} else {
			status = parse_flag(&parser, argv[i]);
		}
		if (status != PLINTH_OK) {
			return status;
		}
	}
	return PLINTH_OK;
}

int detect_exit_status(enum detect_verdict verdict)
{
	switch (verdict) {
	case DETECT_PRESENT:
		return DETECT_EXIT_PRESENT;
	case DETECT_ABSENT:
		return DETECT_EXIT_ABSENT;
	case DETECT_UNDECIDED:
		break;
	}
	return DETECT_EXIT_UNDECIDED;
}
