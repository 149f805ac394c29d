/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel of the guest that plinthctl runs in, where it isn't the host's: by the linker's
 * --wrap. */
#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fake_plinth.h"

#define CHIP	"/dev/gpiochip0"
#define WORDS	16
#define HOUR_MS 3600000U

int plinthctl_main(int count, char **words);

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);
int __real_poll(struct pollfd *fds, nfds_t count, int milliseconds);
int __wrap_poll(struct pollfd *fds, nfds_t count, int milliseconds);
FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);
unsigned __wrap_sleep(unsigned seconds);
int __wrap_usleep(useconds_t microseconds);
int __wrap_clock_gettime(clockid_t clock, struct timespec *time);

const char *__asan_default_options(void);

/* plinthctl ends without giving back what it has. */
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

static int line[2] = {-1, -1}; /* the GPIO device's: a byte is an edge */

void fake_edge(void)
{
	if (line[1] >= 0 && write(line[1], "", 1) != 1) {
		abort();
	}
}

int __wrap_open(const char *path, int flags, ...)
{
	va_list args;
	unsigned mode = 0;

	va_start(args, flags);
	if ((flags & O_CREAT) != 0) {
		mode = va_arg(args, unsigned);
	}
	va_end(args);
	if (strncmp(path, "/dev/gpiochip", strlen("/dev/gpiochip")) == 0) {
		return strcmp(path, CHIP) == 0 ? dup(line[0]) : -1;
	}
	return __real_open(path, flags, mode);
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (request == GPIO_GET_CHIPINFO_IOCTL) {
		struct gpiochip_info *info = arg;

		snprintf(info->label, sizeof(info->label), "9030000.pl061");
		return 0;
	}
	if (request == GPIO_V2_GET_LINE_IOCTL) {
		((struct gpio_v2_line_request *)arg)->fd = dup(line[0]);
		return 0;
	}
	return __real_ioctl(fd, request, arg);
}

static void pass(uint64_t milliseconds)
{
	fake->now_ms += milliseconds;
	if (fake->now_ms > HOUR_MS) {
		_exit(FAKE_STUCK);
	}
}

int __wrap_poll(struct pollfd *fds, nfds_t count, int milliseconds)
{
	int ready = __real_poll(fds, count, 0);

	if (ready == 0 && fake_idle != NULL) {
		fake_idle();
		ready = __real_poll(fds, count, 0);
	}
	if (ready == 0) {
		fake->timeouts++;
		pass(milliseconds < 0 ? HOUR_MS : (uint64_t)milliseconds);
	}
	return ready;
}

unsigned __wrap_sleep(unsigned seconds)
{
	pass(seconds * UINT64_C(1000));
	if (fake_idle != NULL) {
		fake_idle();
	}
	return 0;
}

int __wrap_usleep(useconds_t microseconds)
{
	pass(microseconds / 1000U);
	return 0;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *time)
{
	(void)clock;
	time->tv_sec = (time_t)(fake->now_ms / 1000U);
	time->tv_nsec = (long)(fake->now_ms % 1000U * 1000000U);
	return 0;
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
	static char token[CONTROL_TOKEN_SIZE];

	return strcmp(path, CONTROL_TOKEN_FILE) == 0 ? fmemopen(token, sizeof(token), "rb")
						     : __real_fopen(path, mode);
}

/* In the process of its own. */
static void begin(const char *text, int in, int out, int err)
{
	char words[1024];
	char name[] = "plinthctl";
	char *word[WORDS] = {name};
	char *rest = words;
	int count = 1;

	(void)dup2(in, STDIN_FILENO);
	(void)dup2(out, STDOUT_FILENO);
	(void)dup2(err, STDERR_FILENO);
	if (pipe2(line, O_CLOEXEC | O_NONBLOCK) != 0) {
		abort();
	}
	snprintf(words, sizeof(words), "%s", text);
	while (count < WORDS - 1 && (word[count] = strsep(&rest, " ")) != NULL) {
		count++;
	}
	word[count] = NULL;
	exit(plinthctl_main(count, word));
}

static int run(const char *words, int in, int out, int err)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		begin(words, in, out, err);
	}
	if (child < 0 || waitpid(child, &status, 0) != child) {
		abort();
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void read_back(FILE *file, char text[FAKE_TEXT])
{
	rewind(file);
	text[fread(text, 1, FAKE_TEXT - 1U, file)] = '\0';
	fclose(file);
}

static const struct fake_result *run_in(const char *words, int in)
{
	static struct fake_result result;
	FILE *out = tmpfile();
	FILE *err = tmpfile();

	if (out == NULL || err == NULL) {
		abort();
	}
	result.status = run(words, in, fileno(out), fileno(err));
	read_back(out, result.out);
	read_back(err, result.err);
	return &result;
}

const struct fake_result *fake_run_with(const char *words, const char *input)
{
	FILE *in = tmpfile();

	if (in == NULL || fputs(input, in) < 0) {
		abort();
	}
	rewind(in);
	const struct fake_result *result = run_in(words, fileno(in));

	fclose(in);
	return result;
}

const struct fake_result *fake_run(const char *words)
{
	return fake_run_with(words, "");
}

const struct fake_result *fake_run_open(const char *words)
{
	int in[2];

	if (pipe(in) != 0) {
		abort();
	}
	const struct fake_result *result = run_in(words, in[0]);

	close(in[0]);
	close(in[1]);
	return result;
}

int fake_run_to_nobody(const char *words, int in)
{
	int out[2];

	if (pipe(out) != 0) {
		abort();
	}
	close(out[0]);
	int status = run(words, in, out[1], STDERR_FILENO);

	close(out[1]);
	return status;
}

int fake_run_at(const char *words, int terminal)
{
	return run(words, terminal, terminal, STDERR_FILENO);
}
