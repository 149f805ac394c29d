/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_IMPL_SYSREG_H
#define ARCH_IMPL_SYSREG_H

#include <stdint.h>

/* The register file of the calling thread: one thread is one CPU. Read-only registers have a
 * field too, for the test to fill; a write to WO registers is kept for the test to see. */
struct fake_sysregs {
#define RW(name, encoding)	uint64_t name;
#define RO(name, encoding)	uint64_t name;
#define WO(name, encoding)	uint64_t name;
#define COUNTER(name, encoding) uint64_t name;
#define FENCED(name, encoding)	uint64_t name;
#include "arch/sysregs.def"
#undef RW
#undef RO
#undef WO
#undef COUNTER
#undef FENCED
};

extern _Thread_local struct fake_sysregs fake_sysregs;

#define RO(name, encoding)                                                                         \
	static inline uint64_t read_##name(void)                                                   \
	{                                                                                          \
		return fake_sysregs.name;                                                          \
	}

#define WO(name, encoding)                                                                         \
	static inline void write_##name(uint64_t v)                                                \
	{                                                                                          \
		fake_sysregs.name = v;                                                             \
	}

#define RW(name, encoding)	RO(name, encoding) WO(name, encoding)
#define COUNTER(name, encoding) RO(name, encoding)
#define FENCED(name, encoding)	RW(name, encoding)

#include "arch/sysregs.def"

#undef RO
#undef WO
#undef RW
#undef COUNTER
#undef FENCED

#endif
