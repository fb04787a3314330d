/*
 * result_answers: the rows of result_kinds.h for what the smarthost says, of
 * the connection or of a mail.
 *
 * Where a provider's words say more than their first digit: RENEW, that a new
 * connection is needed; RATE, that too much was sent of late; QUOTA, today;
 * SETUP, that something has to be set right first; SPAM, that it looks like
 * spam; CROWD, that the recipients of one message are too many.
 */
#ifndef BASE_RESULT_ANSWERS_H
#define BASE_RESULT_ANSWERS_H

/* clang-format off */
#define RESULT_ANSWERS(X) \
	X(SMARTHOST, EX_TEMPFAIL, "4.3.2", TEMPORARY, "", "") \
	X(DEFERRED, EX_TEMPFAIL, "4.0.0", TEMPORARY, "", "") \
	X(RENEW, EX_TEMPFAIL, "4.3.2", TEMPORARY, "", "") \
	X(RATE, EX_TEMPFAIL, "4.7.0", TEMPORARY, "", "") \
	X(QUOTA, EX_TEMPFAIL, "4.7.0", TEMPORARY, "", "") \
	X(SETUP, EX_TEMPFAIL, "4.3.5", TEMPORARY, "", "") \
	X(SPAM, EX_TEMPFAIL, "4.7.1", TEMPORARY, "", "") \
	X(POSSIBLE_DUPLICATE, EX_TEMPFAIL, "4.4.2", TEMPORARY, \
	    "It may have been delivered: sent again, it may arrive twice.", \
	    "邮件可能已送达：重发可能造成重复。") \
	X(SENDER, EX_UNAVAILABLE, "5.1.0", PERMANENT, \
	    "Set `address` in [sender] to the account's own address and " \
	    "`rewrite = always`: most providers take no other sender.", \
	    "请在 [sender] 中把 address 设为账户自己的地址，并设 " \
	    "rewrite = always：多数邮箱不接受其他发件人。") \
	X(REQUIRETLS, EX_UNAVAILABLE, "5.7.30", PERMANENT, \
	    "Set `require_tls = no` in [message], or use a smarthost that " \
	    "offers REQUIRETLS.", \
	    "请在 [message] 中设 require_tls = no，或改用提供 REQUIRETLS 的" \
	    "服务器。") \
	X(RECIPIENT, EX_NOUSER, "5.1.1", PERMANENT, "", "") \
	X(CROWD, EX_UNAVAILABLE, "5.5.3", PERMANENT, "", "") \
	X(REFUSED, EX_UNAVAILABLE, "5.6.0", PERMANENT, "", "")
/* clang-format on */

#endif
