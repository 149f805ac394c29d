/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one status type of functions that can fail. Results come out through pointers that are
 * written on success alone. ABI codes (PSCI, SMCCC, ...) stand at the ABI, not here.
 */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

enum [[nodiscard]] plinth_status{
	PLINTH_OK = 0, PLINTH_EINVAL, /* an argument or input is malformed */
	PLINTH_ENOMEM,		      /* out of memory, or of a fixed number of slots */
	PLINTH_EBUSY,		      /* in use by somebody else */
	PLINTH_EPERM,		      /* not allowed to this caller, or in this state */
	PLINTH_ENOENT,		      /* no such thing */
	PLINTH_EEXIST,		      /* there already */
	PLINTH_ERANGE,		      /* outside what is there */
	PLINTH_EFAULT,		      /* an address does not translate */
	PLINTH_ENOTSUP,		      /* well-formed, not offered */
	PLINTH_ETIMEDOUT,	      /* the other side did not answer in time */
	PLINTH_EAGAIN,		      /* not finished: call again */
};

/* "EINVAL" and so on, for messages; never NULL. */
const char *plinth_status_name(enum plinth_status status);

#endif
