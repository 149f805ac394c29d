/* SPDX-License-Identifier: Apache-2.0 */
#include "base/status.h"

const char *plinth_status_name(enum plinth_status status)
{
	switch (status) {
	case PLINTH_OK:
		return "OK";
	case PLINTH_EINVAL:
		return "EINVAL";
	case PLINTH_ENOMEM:
		return "ENOMEM";
	case PLINTH_EBUSY:
		return "EBUSY";
	case PLINTH_EPERM:
		return "EPERM";
	case PLINTH_ENOENT:
		return "ENOENT";
	case PLINTH_EEXIST:
		return "EEXIST";
	case PLINTH_ERANGE:
		return "ERANGE";
	case PLINTH_EFAULT:
		return "EFAULT";
	case PLINTH_ENOTSUP:
		return "ENOTSUP";
	case PLINTH_ETIMEDOUT:
		return "ETIMEDOUT";
	case PLINTH_EAGAIN:
		return "EAGAIN";
	}
	return "unknown";
}
