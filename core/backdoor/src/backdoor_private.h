/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM's state behind the backdoor. All of it is under backdoor_vm.lock; functions here want it
 * held.
 */
#ifndef BACKDOOR_PRIVATE_H
#define BACKDOOR_PRIVATE_H

#include "backdoor/backdoor.h"

/* Memory out of the VM's budget: 4 KiB << order. */
struct block {
	uint8_t *data; /* NULL: none */
	unsigned order;
};

enum channel_stage {
	CHANNEL_CLOSED,
	CHANNEL_IDLE,	 /* open, no message */
	CHANNEL_SENDING, /* `done` of `size` bytes have come from the guest */
	CHANNEL_READY,	 /* a message for the guest, of which it has had `done` bytes */
};

struct channel {
	uint8_t *data;	   /* room for the message, of order `order`; NULL: none yet */
	uint64_t last_use; /* CNTPCT_EL0 */
	uint32_t cookie_high;
	uint32_t cookie_low;
	uint32_t size;
	uint32_t done;
	uint8_t stage; /* enum channel_stage */
	uint8_t order;
	bool has_cookie;
	bool is_tclo;
	uint8_t asked; /* TCLO: the request that waits for its answer; TCLO_NOTHING: none */
	bool greeted;  /* TCLO: "reset" was answered */
};

/* A value: the guest's or the owner's (a block), else the preset. */
struct info {
	char key[BACKDOOR_KEY_SIZE]; /* empty: a free slot */
	const uint8_t *preset;	     /* NULL: none */
	uint8_t *set;		     /* NULL: the preset holds */
	uint32_t preset_size;
	uint32_t set_size;
	uint32_t set_order;
};

#define COOKIE_POOL 16U

/* What is known of the tools; all zero at each start of the VM. */
struct tools {
	uint64_t last_poll; /* CNTPCT_EL0; 0: never */
	uint64_t last_ping;
	uint32_t pending; /* bit n: request n of the table in tclo.c is to be sent */
	uint32_t main;	  /* number + 1 of the channel of the tools' main program; 0: none */
	bool is_up;	  /* they were told that the VM is powered on */
	uint8_t answer[BACKDOOR_POWER_COUNT]; /* enum backdoor_answer */
};

struct balloon {
	uint32_t target; /* pages that the owner wants given away */
	uint32_t capabilities;
	bool is_started; /* a driver has begun, and START is complete */
};

struct backdoor_state {
	uint64_t used;	/* bytes of the budget */
	uint32_t open;	/* channels */
	bool sync_time; /* the guest has asked for it (vmx.set_option) */
	struct tools tools;
	struct balloon balloon;
	struct backdoor_report report; /* facts and versions; the rest is made when asked for */
	uint32_t cookies[COOKIE_POOL]; /* fresh ones are those below cookie_count */
	uint32_t cookie_count;
	struct channel channel[BACKDOOR_CHANNELS];
	struct info info[BACKDOOR_INFO_MAX];
};

#define STATE_ORDER 2U /* 16 KiB */

/* memory.c. `size` is 1 to BACKDOOR_MESSAGE_MAX. ENOMEM: the budget or the machine has no more. The
 * content is anybody's: the caller overwrites what it gives out. */
enum plinth_status block_alloc(struct backdoor_vm *vm, uint32_t size, struct block *block);
void block_free(struct backdoor_vm *vm, struct block block);

/* memcpy() that is quick whatever the alignment: a value begins anywhere in its message. */
void block_copy(uint8_t *to, const void *from, uint32_t size);

/* channel.c */

/* The open channel `number` with these cookies, or NULL. */
struct channel *channel_find(
	struct backdoor_vm *vm, uint32_t number, uint32_t cookie_high, uint32_t cookie_low);
uint32_t channel_number(const struct backdoor_vm *vm, const struct channel *channel);

/* A fresh channel; NULL: all are in use. */
struct channel *channel_open(struct backdoor_vm *vm, bool is_tclo, bool wants_cookie);
void channel_close(struct backdoor_vm *vm, struct channel *channel);

/* Room for a message of `size` bytes; what was there is lost. False: no memory. */
bool channel_reserve(struct backdoor_vm *vm, struct channel *channel, uint32_t size);

/* The guest begins to send `size` bytes. False: too many, or no memory; the channel is idle. */
bool channel_begin(struct backdoor_vm *vm, struct channel *channel, uint32_t size);

/* The next `size` bytes have been put at data + done, or taken from there; size is at most what is
 * missing. A message from the guest that is whole is acted on. */
void channel_advance(struct backdoor_vm *vm, struct channel *channel, uint32_t size);

/* Puts `head` and then `size` bytes there for the guest to fetch; `data` may not be in the
 * channel's own buffer. False: no room. */
bool channel_put(struct backdoor_vm *vm, struct channel *channel, const char *head,
	const void *data, uint32_t size);

/* message.c, message_hb.c */
void message_serve(struct backdoor_vm *vm, uint64_t *x);
enum backdoor_result message_serve_hb(
	struct backdoor_vm *vm, uint64_t *x, bool is_read, const struct caller *caller);

/* balloon.c: a call of BACKDOOR_BALLOON_PORT, from EL1. */
enum backdoor_result balloon_serve(struct backdoor_vm *vm, uint64_t *x, const struct caller *caller,
	struct backdoor_batch *batch);

#define STATUS_SUCCESS UINT32_C(0x01)
#define STATUS_DORECV  UINT32_C(0x02)
#define STATUS_CLOSED  UINT32_C(0x04)
#define STATUS_HB      UINT32_C(0x80)
#define STATUS_SHIFT   16U

/* info.c */
struct info *info_find(struct backdoor_vm *vm, const char *key, size_t key_size);
/* Of those alone that the owner has given: quick, whatever keys a guest fills the others with. */
const struct info *info_find_preset(struct backdoor_vm *vm, const char *key, size_t key_size);
enum plinth_status info_store(
	struct backdoor_vm *vm, const char *key, size_t key_size, const void *value, size_t size);
const uint8_t *info_value(const struct info *info, uint32_t *size);
void info_forget(struct backdoor_vm *vm);

/* rpci.c: acts on the request in the channel's buffer and puts the reply there. */
void rpci_run(struct backdoor_vm *vm, struct channel *channel);

/* A request's arguments: bytes in the channel's buffer. */
struct words {
	const char *text;
	size_t size;
};

/* Takes the first word, of up to the first blank; blanks behind it are skipped. Of each as many as
 * mean anything: a longer word is cut, and no row of a table takes it. */
struct words words_take(struct words *rest);

/* At most nine decimal digits, nothing else. */
bool words_number(struct words words, uint32_t *number);
bool words_are(struct words words, const char *text);

/* report.c: what the tools tell of the guest and of themselves. False: malformed. */
bool report_fact(struct backdoor_vm *vm, struct words args);
bool report_version(struct backdoor_vm *vm, struct words args);
bool report_version_type(struct backdoor_vm *vm, struct words args);
bool report_state_change(struct backdoor_vm *vm, struct words args);
bool report_option(struct backdoor_vm *vm, struct words args);
bool report_log(struct backdoor_vm *vm, struct words args);

/* Copies text that a guest chose: '?' for what is not printable ASCII. NULs up to the end. */
void report_copy(char *to, size_t to_size, struct words from);

/* tclo.c */
#define TCLO_NOTHING 0xffU

/* The guest has sent a message on a TCLO channel: a poll, or an answer. */
void tclo_answer(struct backdoor_vm *vm, struct channel *channel);

/* The guest asks for a request: puts one there, if there is something to ask. */
void tclo_next(struct backdoor_vm *vm, struct channel *channel);
void tclo_closed(struct backdoor_vm *vm, const struct channel *channel);
void tclo_set_answer(
	struct backdoor_vm *vm, enum backdoor_power power, enum backdoor_answer answer);
void tclo_sync_option(struct backdoor_vm *vm);
enum backdoor_health tclo_health(const struct backdoor_vm *vm);

#endif
