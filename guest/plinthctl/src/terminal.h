/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands that go on until somebody ends them, and give the terminal back whatever that is.
 */
#ifndef PLINTHCTL_TERMINAL_H
#define PLINTHCTL_TERMINAL_H

/* As signals_catch(); SIGPIPE is a write that fails. */
void terminal_catch_signals(void);

/* Standard input takes every byte as it is, until the program ends. `when`: tcsetattr()'s, for both
 * ways. Where it is no terminal, nothing. */
void terminal_make_raw(int when);

#endif
