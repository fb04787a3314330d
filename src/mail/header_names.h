/*
 * header_names: the fields that something is done with, by name.
 */
#ifndef MAIL_HEADER_NAMES_H
#define MAIL_HEADER_NAMES_H

/* clang-format off */
#define HEADER_NAMES(X) \
	X(BCC, "Bcc") X(CC, "Cc") X(CONTENT_LENGTH, "Content-Length") \
	X(CONTENT_TRANSFER_ENCODING, "Content-Transfer-Encoding") \
	X(CONTENT_TYPE, "Content-Type") X(DATE, "Date") X(FROM, "From") \
	X(MESSAGE_ID, "Message-ID") X(MIME_VERSION, "MIME-Version") \
	X(RECEIVED, "Received") X(REPLY_TO, "Reply-To") X(TO, "To") \
	X(RESENT_BCC, "Resent-Bcc") X(RESENT_CC, "Resent-Cc") \
	X(RESENT_DATE, "Resent-Date") X(RESENT_FROM, "Resent-From") \
	X(RESENT_MESSAGE_ID, "Resent-Message-ID") \
	X(RESENT_REPLY_TO, "Resent-Reply-To") \
	X(RESENT_SENDER, "Resent-Sender") X(RESENT_TO, "Resent-To") \
	X(RETURN_PATH, "Return-Path") X(SENDER, "Sender") \
	X(TLS_REQUIRED, "TLS-Required")

enum header_name {
	HEADER_OTHER,
#define HEADER_ENUM(id, text) HEADER_##id,
	HEADER_NAMES(HEADER_ENUM)
#undef HEADER_ENUM
	HEADER_NAME_COUNT
};
/* clang-format on */

#endif
