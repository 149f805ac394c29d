/* SPDX-License-Identifier: Apache-2.0 */
/* plinthctl log: Plinth's messages. */
#include "commands.h"

#define LOOK_MS 500 /* no event tells of a message */

static void show(const struct control_log *line, uint64_t frequency)
{
	if (ctl_json) {
		json_open(NULL, '{');
		json_number("time_us", line->time / frequency * 1000000U +
					       line->time % frequency * 1000000U / frequency);
		json_string("text", line->text);
		json_close('}');
		json_end();
	} else {
		printf("%5llu.%06llu %s\n", (unsigned long long)(line->time / frequency),
			(unsigned long long)(line->time % frequency * 1000000U / frequency),
			line->text);
	}
}

int command_log(int count, char **words)
{
	bool follows = count == 2 && ctl_flag(words[1], "--follow");
	struct control_log line;
	struct plinth_control call = {.call = CONTROL_LOG, .buffer = &line, .size = sizeof(line)};

	if (count > 2 || (count == 2 && !follows)) {
		ctl_usage(words[0]);
	}
	uint64_t frequency = ctl_host().frequency;

	for (;;) {
		ctl_call(&call, "log");
		call.arg = call.result[0];
		if (call.done != 0U) {
			line.text[sizeof(line.text) - 1U] = '\0';
			show(&line, frequency);
		} else if (follows) {
			(void)ctl_wait(-1, -1, LOOK_MS);
		} else {
			return EXIT_OK;
		}
	}
}
