/* SPDX-License-Identifier: Apache-2.0 */
/* plinthctl gdb: a GDB server for a VM, on a TCP port or on standard input and output. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "commands.h"
#include "gdb.h"
#include "signals.h"
#include "terminal.h"

#define PORT_MAX 65535U
#define ALIVE_MS 1000 /* how often Plinth is told that we are there */
#define BLIND_MS 20   /* without the right to read events, how often we look */
#define SEND_MS	 10000

/* Who debugs, and how far the two of us have come. */
struct link {
	int in;
	int out;
	bool is_closed;
	bool is_terminal; /* whose wire may be shared by lines: each frame is one, which gdb skips
			     over */
	struct gdb_reader reader;
	char frame[GDB_FRAME_MAX]; /* the last one sent: it may be asked for again */
	size_t frame_size;
};

static void send_bytes(struct link *link, const char *bytes, size_t size)
{
	while (size != 0U && !link->is_closed) {
		ssize_t sent = write(link->out, bytes, size);

		if (sent > 0) {
			bytes += sent;
			size -= (size_t)sent;
		} else if (errno == EAGAIN) {
			struct pollfd room = {.fd = link->out, .events = POLLOUT};

			/* Who takes nothing for so long is gone. */
			link->is_closed = poll(&room, 1, SEND_MS) == 0;
		} else if (errno != EINTR) {
			link->is_closed = true;
		}
	}
}

static void send_frame(struct link *link)
{
	send_bytes(link, link->frame, link->frame_size);
	send_bytes(link, "\r\n", link->is_terminal ? 2U : 0U);
}

static void send_reply(struct link *link, const struct gdb_server *server)
{
	link->frame_size = gdb_frame(server->reply, server->reply_size, link->frame);
	send_frame(link);
}

/* A packet, an interrupt, or what became of our last frame. */
static void serve_input(struct link *link, struct gdb_server *server, enum gdb_input input)
{
	bool has_acks = server->has_acks; /* the packet that ends them has one */

	switch (input) {
	case GDB_NOTHING:
	case GDB_ACK:
		return;
	case GDB_NAK:
		send_frame(link);
		return;
	case GDB_BROKEN:
		send_bytes(link, "-", has_acks ? 1U : 0U);
		return;
	case GDB_INTERRUPT:
		gdb_server_interrupt(server);
		break;
	case GDB_PACKET:
		send_bytes(link, "+", has_acks ? 1U : 0U);
		gdb_server_packet(server, link->reader.data, link->reader.size);
		break;
	}
	if (server->is_answered) {
		send_reply(link, server);
	}
}

static void take_bytes(struct link *link, struct gdb_server *server)
{
	uint8_t bytes[4096];
	ssize_t got = read(link->in, bytes, sizeof(bytes));

	if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) {
		link->is_closed = true;
	}
	for (ssize_t i = 0; i < got && !server->is_over; i++) {
		serve_input(link, server, gdb_take(&link->reader, bytes[i]));
	}
}

static void say_what_is_left(const struct gdb_session *session, enum gdb_look look)
{
	static const char *const words[] = {
		[GDB_LOOK_OFF] = "is off, or starts anew",
		[GDB_LOOK_CRASHED] = "has crashed",
		[GDB_LOOK_TAKEN] =
			"is not ours any more: another debugger has it, or we were silent",
	};

	fprintf(stderr, "plinthctl: %s %s\n", session->name, words[look]);
}

/* Looks at the VM, which has stopped or is gone, perhaps. */
static void look(struct link *link, struct gdb_server *server, struct gdb_session *session)
{
	struct gdb_stop stop;
	bool was_running = server->is_running;
	enum gdb_look found = gdb_session_look(session, &stop);

	if (found == GDB_LOOK_RUNS || (found == GDB_LOOK_STOPPED && !was_running)) {
		return;
	}
	if (found == GDB_LOOK_STOPPED) {
		gdb_server_stopped(server, &stop);
	} else {
		gdb_server_ended(server, found == GDB_LOOK_CRASHED);
		say_what_is_left(session, found);
	}
	if (was_running) {
		send_reply(link, server);
	}
}

static void serve(struct link *link, const char *name)
{
	static struct gdb_server server;
	static struct gdb_session session;
	int line = ctl_wait_open();
	bool has_events = line >= 0 && ctl_drop_events();

	gdb_session_begin(&session, name);
	gdb_server_init(&server, &gdb_session_ops, &session, session.vcpus);
	while (!server.is_over && !link->is_closed && signals_caught() == 0) {
		look(link, &server, &session);
		if (!server.is_over &&
			!ctl_wait(line, link->in,
				has_events || !server.is_running ? ALIVE_MS : BLIND_MS)) {
			take_bytes(link, &server);
		}
	}
	gdb_session_end(&session);
	if (line >= 0) {
		close(line);
	}
}

static int listen_on(const char *address, uint16_t port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
	socklen_t size = sizeof(at);
	int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (inet_pton(AF_INET, address, &at.sin_addr) != 1) {
		ctl_die(EXIT_USAGE, "--listen: %s is no IPv4 address", address);
	}
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
		bind(fd, (struct sockaddr *)&at, size) != 0 || listen(fd, 1) != 0 ||
		getsockname(fd, (struct sockaddr *)&at, &size) != 0) {
		ctl_die(EXIT_FAILED, "%s:%u: %s", address, port, strerror(errno));
	}
	port = ntohs(at.sin_port);
	if (ctl_json) {
		json_open(NULL, '{');
		json_string("address", address);
		json_number("port", port);
		json_close('}');
		json_end();
	} else {
		printf("waiting for gdb: target remote %s:%u\n", address, port);
	}
	fflush(stdout);
	return fd;
}

/* The first who comes; -1: we are to end. */
static int accept_one(int listener)
{
	int on = 1;
	int fd;

	do {
		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	} while (fd < 0 && signals_caught() == 0 && (errno == EINTR || errno == ECONNABORTED));
	if (fd < 0 && signals_caught() == 0) {
		ctl_die(EXIT_FAILED, "accept: %s", strerror(errno));
	}
	if (fd >= 0) {
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		(void)close(listener);
	}
	return fd;
}

struct options {
	const char *name;
	const char *port;
	const char *address;
	bool is_stdio;
};

static struct options take_options(int count, char **words)
{
	struct options options = {0};

	for (int i = 1; i < count; i++) {
		const char *port = ctl_value(count, words, &i, "--port");
		const char *address = port == NULL ? ctl_value(count, words, &i, "--listen") : NULL;

		if (port != NULL) {
			options.port = port;
		} else if (address != NULL) {
			options.address = address;
		} else if (ctl_flag(words[i], "--stdio")) {
			options.is_stdio = true;
		} else if (options.name == NULL) {
			options.name = words[i];
		} else {
			ctl_usage(words[0]);
		}
	}
	if (options.name == NULL || options.is_stdio == (options.port != NULL) ||
		(options.is_stdio && options.address != NULL)) {
		ctl_usage(words[0]);
	}
	return options;
}

/* Is that a VM which can be debugged? Asked before anybody waits. */
static void check_target(const char *name)
{
	struct plinth_control hello = {.call = CONTROL_HELLO};
	struct control_vm vm = ctl_find(name);

	ctl_call(&hello, "gdb");
	if (vm.vm == hello.result[0]) {
		ctl_die(EXIT_FAILED, "%s is this VM itself: it would stand still for ever", name);
	}
	if (vm.state != CONTROL_STATE_RUNNING && vm.state != CONTROL_STATE_PAUSED) {
		ctl_die(EXIT_FAILED, "%s is %s: it can be debugged when it runs, or is paused",
			name, ctl_state_name(vm.state));
	}
}

int command_gdb(int count, char **words)
{
	static struct link link = {.in = STDIN_FILENO, .out = STDOUT_FILENO};
	struct options options = take_options(count, words);

	check_target(options.name);
	terminal_catch_signals();
	if (options.is_stdio) {
		terminal_make_raw(TCSANOW); /* a serial line: every byte as it is */
		link.is_terminal = isatty(STDOUT_FILENO) != 0;
		serve(&link, options.name);
		return EXIT_OK;
	}
	uint64_t port = ctl_number(options.port, 10, "--port");

	if (port > PORT_MAX) {
		ctl_die(EXIT_USAGE, "--port: %s is no port", options.port);
	}
	link.in = link.out = accept_one(
		listen_on(options.address != NULL ? options.address : "127.0.0.1", (uint16_t)port));
	if (link.in >= 0) {
		serve(&link, options.name);
		(void)close(link.in);
	}
	return EXIT_OK;
}
