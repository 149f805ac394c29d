/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the target is (GDB manual, appendix G): the features that gdb knows of AArch64, and system
 * registers, which it shows in the group "system". Numbers are those of registers.c.
 */
#include "server_private.h"

#define X(n)	"<reg name=\"x" n "\" bitsize=\"64\" type=\"int\"/>"
#define V(n)	"<reg name=\"v" n "\" bitsize=\"128\" type=\"aarch64v\"/>"
#define S(name) "<reg name=\"" name "\" bitsize=\"64\" group=\"system\"/>"
#define TENS(r, t)                                                                                 \
	r(t "0") r(t "1") r(t "2") r(t "3") r(t "4") r(t "5") r(t "6") r(t "7") r(t "8") r(t "9")
#define FIRST(r) r("0") r("1") r("2") r("3") r("4") r("5") r("6") r("7") r("8") r("9")

static const char text[] =
	"<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\">"
	"<target version=\"1.0\"><architecture>aarch64</architecture>"
	"<feature name=\"org.gnu.gdb.aarch64.core\">" FIRST(X) TENS(X, "1") TENS(X, "2") X(
		"30") "<reg name=\"sp\" bitsize=\"64\" type=\"data_ptr\"/>"
		      "<reg name=\"pc\" bitsize=\"64\" type=\"code_ptr\"/>"
		      "<reg name=\"cpsr\" bitsize=\"32\"/></feature>"
		      "<feature name=\"org.gnu.gdb.aarch64.fpu\">"
		      "<vector id=\"v2d\" type=\"ieee_double\" count=\"2\"/>"
		      "<vector id=\"v2u\" type=\"uint64\" count=\"2\"/>"
		      "<vector id=\"v4f\" type=\"ieee_single\" count=\"4\"/>"
		      "<vector id=\"v4u\" type=\"uint32\" count=\"4\"/>"
		      "<vector id=\"v8u\" type=\"uint16\" count=\"8\"/>"
		      "<vector id=\"v16u\" type=\"uint8\" count=\"16\"/>"
		      "<union id=\"aarch64v\"><field name=\"d\" type=\"v2d\"/><field name=\"du\" "
		      "type=\"v2u\"/>"
		      "<field name=\"f\" type=\"v4f\"/><field name=\"su\" type=\"v4u\"/>"
		      "<field name=\"hu\" type=\"v8u\"/><field name=\"bu\" type=\"v16u\"/>"
		      "<field name=\"qu\" type=\"uint128\"/></union>" FIRST(V) TENS(V, "1") TENS(
			      V, "2") V("30")
			      V("31") "<reg name=\"fpsr\" bitsize=\"32\"/><reg name=\"fpcr\" "
				      "bitsize=\"32\"/></feature>"
				      "<feature name=\"org.plinth.system\">" S("SP_EL0") S(
					      "SP_EL1") S("ELR_EL1") S("SPSR_EL1") S("ESR_EL1")
					      S("FAR_EL1") S("VBAR_EL1") S("SCTLR_EL1") S("TCR_EL1")
						      S("TTBR0_EL1") S("TTBR1_EL1") S("MAIR_EL1")
							      S("CONTEXTIDR_EL1") S("TPIDR_EL0") S(
								      "TPIDR_EL1") S("TPIDRRO_EL0")
								      S("MPIDR_EL1") "</feature></"
										     "target>";

_Static_assert(sizeof(text) < GDB_PACKET_MAX, "a packet");

void gdb_describe_target(struct gdb_server *server, uint64_t offset, uint64_t length)
{
	uint64_t whole = sizeof(text) - 1U;
	uint64_t at = offset < whole ? offset : whole;
	uint64_t size = length < whole - at ? length : whole - at;

	/* It fits a packet as a whole. */
	gdb_answer(server, at + size < whole ? "m" : "l");
	gdb_answer_bytes(server, text + at, (size_t)size);
}
