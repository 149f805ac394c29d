/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What ends the program from outside, for commands that have something to give back first.
 */
#ifndef PLINTHCTL_SIGNALS_H
#define PLINTHCTL_SIGNALS_H

/* SIGHUP, SIGINT and SIGTERM end nothing by themselves from now on but a wait in the kernel
 * (EINTR): signals_caught() tells of them. */
void signals_catch(void);

/* The same for one more. */
void signals_catch_one(int number);

/* Each does again what it did at first. */
void signals_release(void);

/* The last one that came; 0: none has. */
int signals_caught(void);

#endif
