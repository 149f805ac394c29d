/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The battery: one row for each instruction that software at a higher level may trap. A row says
 * what an answer is worth, not how the instruction is run: that is a backend's (detect/detect.h).
 */
#ifndef DETECT_PROBE_H
#define DETECT_PROBE_H

#include <stdbool.h>
#include <stddef.h>

enum detect_level {
	DETECT_EL0, /* a process of an operating system */
	DETECT_EL1, /* bare, or inside a kernel */
};

#define DETECT_LEVELS 2U

/* The order of the battery, of the profiles' columns and of the output. */
enum detect_probe_id {
	PROBE_MDCCSR,
	PROBE_PMUSERENR,
	PROBE_AMUSERENR,
	PROBE_FIRST_FETCH,
	PROBE_CTR,
	PROBE_CNTVCT,
	PROBE_CNTPCT,
	PROBE_CVAU,
	PROBE_CIVAC,
	PROBE_WFE,
	PROBE_WFI,
	PROBE_PMCR,
	PROBE_PFR0,
	PROBE_ACTLR,
	PROBE_CISW,
	PROBE_OSLSR,
	PROBE_MDRAR,
	PROBE_MDSCR,
	PROBE_LORC,
	PROBE_CNTP_CTL,
	PROBE_REVIDR,
	PROBE_CLIDR,
	PROBE_CONTEXTIDR,
	PROBE_COUNT,
};

/* What a row is good for at one level. */
enum detect_role {
	ROLE_NONE,     /* not run: it says nothing here, or would do harm */
	ROLE_REQUEST,  /* run only when named: it may take long. Never decides */
	ROLE_PROFILE,  /* something else than EL2 may trap it too, so it never decides */
	ROLE_DECISIVE, /* by the architecture nothing but a higher level than EL1 can trap it */
};

struct detect_probe {
	const char *name;
	const char *instruction; /* as the assembler writes it */
	const char *trap;	 /* the control that makes EL2 see it */
	const char *explanation; /* what the answer is worth, for --explain */
	enum detect_role role[DETECT_LEVELS];
	unsigned runs_max; /* 0: as many as asked for */
	/* A trap may show in some runs alone, and each run uses something up: more controls, a
	 * smaller share is enough, and it ends as soon as it is clear. */
	bool is_sparse;
};

/* The row; id < PROBE_COUNT. Never NULL. */
const struct detect_probe *detect_probe(enum detect_probe_id id);

/* Finds a row by its name. Returns false where there is none; *id is written on true alone. */
bool detect_probe_find(const char *name, enum detect_probe_id *id);

#endif
