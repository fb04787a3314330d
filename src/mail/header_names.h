/*
 * header_names: the header fields that are known by name, and what their
 * bodies are made of.
 *
 * Pure.
 */
#ifndef MAIL_HEADER_NAMES_H
#define MAIL_HEADER_NAMES_H

#include <stddef.h>

/* What a body is made of. */
enum header_kind {
	HEADER_TEXT, /* anything: what is not in the table */
	HEADER_ADDRESSES, /* a list of them */
	HEADER_PARAMETERS, /* a word, and "; name=value" (RFC 2045) */
	HEADER_STRUCTURED /* a syntax of its own, which has no place for words */
};

/* clang-format off */
#define HEADER_NAMES(X) \
	X(ARC_AUTHENTICATION_RESULTS, "ARC-Authentication-Results", STRUCTURED) \
	X(ARC_MESSAGE_SIGNATURE, "ARC-Message-Signature", STRUCTURED) \
	X(ARC_SEAL, "ARC-Seal", STRUCTURED) \
	X(AUTHENTICATION_RESULTS, "Authentication-Results", STRUCTURED) \
	X(AUTOCRYPT, "Autocrypt", STRUCTURED) \
	X(BCC, "Bcc", ADDRESSES) \
	X(CC, "Cc", ADDRESSES) \
	X(CONTENT_DISPOSITION, "Content-Disposition", PARAMETERS) \
	X(CONTENT_ID, "Content-ID", STRUCTURED) \
	X(CONTENT_LENGTH, "Content-Length", STRUCTURED) \
	X(CONTENT_TRANSFER_ENCODING, "Content-Transfer-Encoding", STRUCTURED) \
	X(CONTENT_TYPE, "Content-Type", PARAMETERS) \
	X(DATE, "Date", STRUCTURED) \
	X(DELIVERED_TO, "Delivered-To", STRUCTURED) \
	X(DISPOSITION_NOTIFICATION_TO, "Disposition-Notification-To", ADDRESSES) \
	X(DKIM_SIGNATURE, "DKIM-Signature", STRUCTURED) \
	X(ERRORS_TO, "Errors-To", ADDRESSES) \
	X(FROM, "From", ADDRESSES) \
	X(IN_REPLY_TO, "In-Reply-To", STRUCTURED) \
	X(LIST_ARCHIVE, "List-Archive", STRUCTURED) \
	X(LIST_HELP, "List-Help", STRUCTURED) \
	X(LIST_ID, "List-ID", STRUCTURED) \
	X(LIST_POST, "List-Post", STRUCTURED) \
	X(LIST_SUBSCRIBE, "List-Subscribe", STRUCTURED) \
	X(LIST_UNSUBSCRIBE, "List-Unsubscribe", STRUCTURED) \
	X(LIST_UNSUBSCRIBE_POST, "List-Unsubscribe-Post", STRUCTURED) \
	X(MAIL_FOLLOWUP_TO, "Mail-Followup-To", ADDRESSES) \
	X(MAIL_REPLY_TO, "Mail-Reply-To", ADDRESSES) \
	X(MESSAGE_ID, "Message-ID", STRUCTURED) \
	X(MIME_VERSION, "MIME-Version", STRUCTURED) \
	X(RECEIVED, "Received", STRUCTURED) \
	X(REFERENCES, "References", STRUCTURED) \
	X(REPLY_TO, "Reply-To", ADDRESSES) \
	X(RESENT_BCC, "Resent-Bcc", ADDRESSES) \
	X(RESENT_CC, "Resent-Cc", ADDRESSES) \
	X(RESENT_DATE, "Resent-Date", STRUCTURED) \
	X(RESENT_FROM, "Resent-From", ADDRESSES) \
	X(RESENT_MESSAGE_ID, "Resent-Message-ID", STRUCTURED) \
	X(RESENT_REPLY_TO, "Resent-Reply-To", ADDRESSES) \
	X(RESENT_SENDER, "Resent-Sender", ADDRESSES) \
	X(RESENT_TO, "Resent-To", ADDRESSES) \
	X(RETURN_PATH, "Return-Path", STRUCTURED) \
	X(RETURN_RECEIPT_TO, "Return-Receipt-To", ADDRESSES) \
	X(SENDER, "Sender", ADDRESSES) \
	X(TO, "To", ADDRESSES)

enum header_name {
	HEADER_OTHER,
#define HEADER_ENUM(id, text, kind) HEADER_##id,
	HEADER_NAMES(HEADER_ENUM)
#undef HEADER_ENUM
	HEADER_NAME_COUNT
};
/* clang-format on */

/* The name that the `n` bytes at `p` are, whatever their case. */
enum header_name header_name_find(const char *p, size_t n);

/* "From" and the like; NULL for HEADER_OTHER. */
const char *header_name_text(enum header_name name);

enum header_kind header_name_kind(enum header_name name);

#endif
