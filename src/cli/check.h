/*
 * check: goes the way of a mail, stage by stage, and judges each: what this
 * machine has prepared for it, then the way to the smarthost, up to the sender
 * and, when asked for, a recipient, or a mail that is really sent.
 *
 * Nothing is printed and nothing changed here.  All is bounded in time by
 * connect_timeout and wait_timeout.  Works for any user: what he may not read
 * is told as such, and is no failure where his mail takes another way.
 */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H

#include "base/language.h"
#include "base/result.h"

/* Identifier, name for programs, names for people: English, Chinese. */
#define CHECK_STAGES(X) \
	X(CONFIGURATION, "configuration", "Configuration", "配置") \
	X(PERMISSIONS, "permissions", "Permissions", "权限") \
	X(LINKS, "links", "Links", "链接") \
	X(QUEUE, "queue", "Queue", "队列") \
	X(DNS, "dns", "DNS", "DNS") \
	X(TCP, "tcp", "TCP", "TCP") \
	X(TLS, "tls", "TLS", "TLS") \
	X(EHLO, "ehlo", "EHLO", "EHLO") \
	X(AUTH, "auth", "AUTH", "登录") \
	X(MAIL, "mail", "Sender", "发件人") \
	X(RCPT, "rcpt", "Recipient", "收件人") \
	X(SEND, "send", "Test mail", "测试邮件")

#define CHECK_VERDICTS(X) \
	X(OK, "ok", "ok", "正常") \
	X(WARNING, "warning", "warning", "警告") \
	X(FAILED, "failed", "FAILED", "失败") \
	X(SKIPPED, "skipped", "skipped", "略过")

enum check_stage {
#define CHECK_STAGE_ENUM(id, name, en, zh) CHECK_STAGE_##id,
	CHECK_STAGES(CHECK_STAGE_ENUM)
#undef CHECK_STAGE_ENUM
	    CHECK_STAGE_COUNT
};

enum check_verdict {
#define CHECK_VERDICT_ENUM(id, name, en, zh) CHECK_##id,
	CHECK_VERDICTS(CHECK_VERDICT_ENUM)
#undef CHECK_VERDICT_ENUM
	    CHECK_VERDICT_COUNT
};

/* How a stage ended; all in it is escaped, masked, and valid during the call
 * only. */
struct check_result {
	enum check_stage stage;
	const char *host; /* of the way; "": a stage of this machine */
	const char *account; /* whose way; "" without a name, and here */
	enum check_verdict verdict;
	long ms; /* that it took */
	const char *text; /* what was found: lines with LF between, or "" */
	const char *advice; /* what to do about it, likewise */
	const struct result *why; /* FAILED: the first failure; else NULL */
};

enum check_scope {
	CHECK_ALL,
	CHECK_WAY, /* without what concerns this machine alone: for a
		   * configuration that is not in its place yet */
	CHECK_HERE /* that alone, and nothing of the way */
};

enum check_depth {
	CHECK_ASK, /* nothing after MAIL, or RCPT where there is a `to` */
	CHECK_SEND /* a test mail, to `to` or the account's own address */
};

struct check_rules {
	const char *config; /* path, or NULL: as for setup_conf */
	const char *account; /* its name, or NULL: all */
	const char *to; /* an address, or NULL */
	enum check_scope scope;
	enum check_depth depth;
	enum language language; /* of texts and advice */
	/* A stage is done; in their order, and those of the way for each
	 * host of each account.  After a failure on the way, that host has no
	 * more; after a refused log-in, neither have the other hosts. */
	void (*done)(void *arg, const struct check_result *r);
	void *arg;
};

/* Returns the exit status: 0, or that of the first failure. */
int check_run(const struct check_rules *rules);

/* "dns", for programs; "DNS", for people. */
const char *check_stage_name(enum check_stage stage);
const char *check_stage_title(enum check_stage stage, enum language language);
const char *check_verdict_name(enum check_verdict verdict);
const char *check_verdict_title(
    enum check_verdict verdict, enum language language);

#endif
