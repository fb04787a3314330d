/*
 * delivery_report: the mail that tells a sender what was not delivered (RFC
 * 3464, RFC 6522): multipart/report with words for people, fields for
 * programs, and the header of the original.
 *
 * Pure: times, names and texts are handed in.  Every text is escaped, so the
 * smarthost's words cannot break out of their field.
 */
#ifndef MAIL_DELIVERY_REPORT_H
#define MAIL_DELIVERY_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/result.h"
#include "mail/envelope.h"

#define DELIVERY_REPORT_MAX (4 * 1024 * 1024) /* octets of a report */

struct delivery_report {
	const char *from; /* address it comes from */
	const char *to; /* the sender's */
	const char *date, *id; /* for Date and Message-ID ("<...>") */
	const char *boundary; /* in no line of the original header */
	const char *reporting_mta; /* this machine's name */
	const char *queue_id; /* of the original */
	const char *arrived; /* date-time of the original's arrival */
	const char *relay; /* who refused it; "" when nobody did */
	const char *header; /* of the original: clean lines, blank line left
			     * out; its first octets are enough */
	size_t header_len;
	bool kept; /* the mail can be released from failed/ */
};

/*
 * Appends to `out` the report about the recipients of `env` that are FAILED
 * and for which `is_reported` (by index) says true.  `advise` appends what to
 * do about a result, lines of UTF-8 that end in LF, or nothing, to what it
 * appended before; `arg` is given to both.  Clean lines, CRLF, at most 998
 * octets, of ASCII only: the words for people and the original header are in
 * quoted-printable where they need it, addresses beyond ASCII as RFC 6533 has
 * them.  Of very many recipients the first are
 * told of, and how many more there are.  *header_size gets the octets of its
 * header with the blank line.  Kinds DATA: larger than `out` allows; SYSTEM:
 * no memory.
 */
int delivery_report_write(const struct delivery_report *r,
    const struct envelope *env,
    bool (*is_reported)(size_t rcpt, const void *arg),
    void (*advise)(const struct result *res, struct buf *out, const void *arg),
    const void *arg, struct buf *out, uint64_t *header_size, struct result *res)
    __attribute__((warn_unused_result));

#endif
