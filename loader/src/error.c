/* SPDX-License-Identifier: Apache-2.0 */
#include "error.h"

#include <stdarg.h>

#include "base/fmt.h"

enum plinth_status loader_fail(struct loader_error *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)fmt_vbuf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return PLINTH_EINVAL;
}
