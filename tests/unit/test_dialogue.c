#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

static const struct dialogue dialogues[] = {
	{ { "round trips", .ehlo = PIPE, .authenticate = true,
	      .recipients = 2 },
	    NULL,
	    "EHLO me.test|\nAUTH PLAIN ********|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r0@x>|RCPT TO:<r1@x>|DATA|\n"
	    "(body).|QUIT|\n",
	    "++", RESULT_OK, "250 taken" },
	{ { "one by one", .ehlo = "250-hi|250 AUTH LOGIN", .authenticate = true,
	      .recipients = 2 },
	    NULL,
	    "EHLO me.test|\nAUTH LOGIN|\n********|\n********|\n"
	    "MAIL FROM:<s@x>|\nRCPT TO:<r0@x>|\nRCPT TO:<r1@x>|\nDATA|\n"
	    "(body).|\nQUIT|\n",
	    "++", RESULT_OK, NULL },
	{ { "STARTTLS", .ehlo = "250-hi|250-STARTTLS|250 AUTH PLAIN",
	      .tls = SMTP_TLS_STARTTLS, .authenticate = true },
	    NULL,
	    "EHLO me.test|\nSTARTTLS|\n(tls)\nEHLO me.test|\n"
	    "AUTH PLAIN ********|\n"
	    "MAIL FROM:<s@x>|\nRCPT TO:<r0@x>|\nDATA|\n(body).|\nQUIT|\n",
	    "+", RESULT_OK, NULL },
	{ { "STARTTLS in TLS is left alone", .ehlo = "250-hi|250 STARTTLS",
	      .tls = SMTP_TLS_UP },
	    NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x>|\nRCPT TO:<r0@x>|\nDATA|\n"
	    "(body).|\nQUIT|\n",
	    "+", RESULT_OK, NULL },
	{ { "STARTTLS not offered", .tls = SMTP_TLS_STARTTLS }, NULL,
	    "EHLO me.test|\nQUIT|\n", "~", RESULT_NO_STARTTLS,
	    "mx.test does not offer STARTTLS" },
	{ { "no EHLO, STARTTLS needed", .ehlo = "502 what",
	      .tls = SMTP_TLS_STARTTLS },
	    NULL, "EHLO me.test|\nQUIT|\n", "~", RESULT_NO_STARTTLS,
	    "mx.test refused EHLO: 502 what" },
	{ { "STARTTLS refused", .ehlo = "250-x|250 STARTTLS",
	      .tls = SMTP_TLS_STARTTLS },
	    "STARTTLS 454 later", "EHLO me.test|\nSTARTTLS|\nQUIT|\n", "~",
	    RESULT_DEFERRED, "refused STARTTLS: 454 later" },
	{ { "HELO", .ehlo = "500 what", .helo = "250-x|250 SIZE 10",
	      .authenticate = true },
	    NULL,
	    "EHLO me.test|\nHELO me.test|\nAUTH LOGIN|\n********|\n"
	    "********|\nMAIL FROM:<s@x>|\nRCPT TO:<r0@x>|\nDATA|\n"
	    "(body).|\nQUIT|\n",
	    "+", RESULT_OK, NULL },
	{ { "EHLO put off", .ehlo = "450 later" }, NULL,
	    "EHLO me.test|\nQUIT|\n", "~", RESULT_DEFERRED, "450 later" },
	{ { "EHLO: 421", .ehlo = "421 bye" }, NULL, "EHLO me.test|\n", "~",
	    RESULT_SMARTHOST, "421 bye" },
	{ { "greeting refused", .greeting = "554 IP in blacklist" }, NULL,
	    "QUIT|\n", "~", RESULT_SMARTHOST,
	    "mx.test refused the connection: 554 IP in blacklist" },
	{ { "greeting, another 2xx", .greeting = "250 hi" }, NULL, "", "~",
	    RESULT_PROTOCOL, "250 hi" },
	{ { "AUTH not offered", .authenticate = true }, NULL,
	    "EHLO me.test|\nQUIT|\n", "~", RESULT_NO_AUTH,
	    "mx.test: AUTH is not offered" },
	{ { "AUTH: nothing known", .ehlo = "250-x|250 AUTH XOAUTH2",
	      .authenticate = true },
	    NULL, "EHLO me.test|\nQUIT|\n", "~", RESULT_AUTH_METHOD,
	    "mx.test" },
	{ { "AUTH: not the wanted", .ehlo = "250-x|250 AUTH LOGIN",
	      .authenticate = true, .want = SASL_PLAIN },
	    NULL, "EHLO me.test|\nQUIT|\n", "~", RESULT_AUTH_METHOD, "LOGIN" },
	{ { "AUTH refused", .ehlo = PIPE, .authenticate = true,
	      .auth = "535 Error: authentication failed" },
	    NULL, "EHLO me.test|\nAUTH PLAIN ********|\nQUIT|\n", "~",
	    RESULT_AUTH,
	    "mx.test refused AUTH PLAIN as me@mx.test: 535 Error" },
	{ { "AUTH put off", .ehlo = PIPE, .authenticate = true,
	      .auth = "454 later" },
	    NULL, "EHLO me.test|\nAUTH PLAIN ********|\nQUIT|\n", "~",
	    RESULT_DEFERRED, "454 later" },
	{ { "AUTH without end", .ehlo = PIPE, .authenticate = true,
	      .want = SASL_LOGIN, .auth = "334 more" },
	    NULL,
	    "EHLO me.test|\nAUTH LOGIN|\n********|\n********|\n*|\nQUIT|\n",
	    "~", RESULT_AUTH, "refused AUTH LOGIN" },
	{ { "AUTH: another 2xx", .ehlo = PIPE, .authenticate = true,
	      .auth = "250 fine" },
	    NULL, "EHLO me.test|\nAUTH PLAIN ********|\n", "~", RESULT_PROTOCOL,
	    "250 fine" },
	{ { "one of three refused", .ehlo = PIPE, .recipients = 3 },
	    "RCPT:1 550 5.1.1 no such user",
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|RCPT TO:<r1@x>|"
	    "RCPT TO:<r2@x>|DATA|\n(body).|QUIT|\n",
	    "+-+", RESULT_OK, NULL },
	{ { "all refused, 354 comes", .ehlo = PIPE, .rcpt = "550 no",
	      .recipients = 2 },
	    NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|RCPT TO:<r1@x>|"
	    "DATA|\n.|\nQUIT|\n",
	    "--", RESULT_RECIPIENT, "mx.test refused RCPT TO:<r0@x>: 550 no" },
	{ { "all refused, DATA too", .ehlo = PIPE, .rcpt = "550 no",
	      .data = "503 no" },
	    NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|DATA|\nQUIT|\n", "-",
	    RESULT_RECIPIENT, NULL },
	{ { "all refused, one by one", .rcpt = "450 later", .recipients = 2 },
	    NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x>|\nRCPT TO:<r0@x>|\n"
	    "RCPT TO:<r1@x>|\nQUIT|\n",
	    "~~", RESULT_DEFERRED, "450 later" },
	{ { "all of a batch refused", .ehlo = PIPE, .recipients = 2, .max = 1 },
	    "RCPT 550 no\nVOID_DATA 554 no",
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|DATA|\n"
	    "RSET|MAIL FROM:<s@x>|RCPT TO:<r1@x>|DATA|\n(body).|QUIT|\n",
	    "-+", RESULT_RECIPIENT, NULL },
	{ { "all of a batch refused, one by one", .recipients = 2, .max = 1 },
	    "RCPT 550 no",
	    "EHLO me.test|\nMAIL FROM:<s@x>|\nRCPT TO:<r0@x>|\nRSET|\n"
	    "MAIL FROM:<s@x>|\nRCPT TO:<r1@x>|\nDATA|\n(body).|\nQUIT|\n",
	    "-+", RESULT_RECIPIENT, NULL },
	{ { "sender refused", .ehlo = PIPE, .recipients = 2, .max = 1,
	      .mail = "553 Mail from must equal authorized user" },
	    NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|DATA|\n.|\n"
	    "QUIT|\n",
	    "--", RESULT_SENDER, "mx.test refused MAIL FROM:<s@x>: 553 Mail" },
	{ { "sender: 530", .mail = "530 log in" }, NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x>|\nQUIT|\n", "~", RESULT_AUTH,
	    "530 log in" },
	{ { "sender: 538", .mail = "538 x" }, NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x>|\nQUIT|\n", "~", RESULT_AUTH,
	    NULL },
	{ { "sender put off", .mail = "451 MI:DMC", .recipients = 2, .max = 1 },
	    NULL, "EHLO me.test|\nMAIL FROM:<s@x>|\nQUIT|\n", "~~",
	    RESULT_DEFERRED, "451 MI:DMC" },
	{ { "too many: the rest in a next transaction", .ehlo = PIPE,
	      .recipients = 4 },
	    "RCPT:2 452 4.5.3 too many\nRCPT:3 552 too many",
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|RCPT TO:<r1@x>|"
	    "RCPT TO:<r2@x>|RCPT TO:<r3@x>|DATA|\n(body).|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r2@x>|RCPT TO:<r3@x>|DATA|\n"
	    "(body).|QUIT|\n",
	    "++++", RESULT_OK, NULL },
	{ { "too many, one by one", .recipients = 3 },
	    "RCPT:1 452 4.5.3 too many",
	    "EHLO me.test|\nMAIL FROM:<s@x>|\nRCPT TO:<r0@x>|\n"
	    "RCPT TO:<r1@x>|\nDATA|\n(body).|\nMAIL FROM:<s@x>|\n"
	    "RCPT TO:<r2@x>|\nDATA|\n(body).|\nMAIL FROM:<s@x>|\n"
	    "RCPT TO:<r1@x>|\nDATA|\n(body).|\nQUIT|\n",
	    "+++", RESULT_OK, NULL },
	{ { "a mailbox full for good", .ehlo = PIPE, .recipients = 2 },
	    "RCPT:0 452 4.2.2 full\nRCPT:2 452 4.2.2 full\nVOID_DATA 503 x",
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|RCPT TO:<r1@x>|"
	    "DATA|\n(body).|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|DATA|\nQUIT|\n",
	    "~+", RESULT_DEFERRED,
	    "mx.test refused RCPT TO:<r0@x>: 452 4.2.2 full" },
	{ { "552: too many, or a full mailbox", .ehlo = PIPE, .recipients = 4 },
	    "RCPT:1 552 5.2.2 mailbox full\nRCPT:2 552 5.5.3 too many\n"
	    "RCPT:3 552 4.5.3 too many",
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|RCPT TO:<r1@x>|"
	    "RCPT TO:<r2@x>|RCPT TO:<r3@x>|DATA|\n(body).|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r2@x>|RCPT TO:<r3@x>|DATA|\n"
	    "(body).|QUIT|\n",
	    "+-++", RESULT_OK, NULL },
	{ { "552: every mailbox full", .rcpt = "552 5.2.2 full" }, NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x>|\nRCPT TO:<r0@x>|\nQUIT|\n", "-",
	    RESULT_RECIPIENT,
	    "mx.test refused RCPT TO:<r0@x>: 552 5.2.2 full" },
	{ { "too many, nobody taken", .ehlo = PIPE, .rcpt = "452 many",
	      .data = "503 none", .recipients = 2 },
	    NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|RCPT TO:<r1@x>|"
	    "DATA|\nQUIT|\n",
	    "~~", RESULT_DEFERRED, "mx.test refused RCPT TO: 452 many" },
	{ { "421 at the second recipient", .ehlo = PIPE, .recipients = 3 },
	    "RCPT:1 421 bye",
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|RCPT TO:<r1@x>|"
	    "RCPT TO:<r2@x>|DATA|\n",
	    "~~~", RESULT_SMARTHOST,
	    "mx.test refused RCPT TO:<r1@x>: 421 bye" },
	{ { "DATA refused", .ehlo = PIPE, .data = "554 no" }, NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|DATA|\nQUIT|\n", "-",
	    RESULT_REFUSED, "mx.test refused DATA: 554 no" },
	{ { "DATA: 250", .ehlo = PIPE, .data = "250 no" }, NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|DATA|\n", "~",
	    RESULT_PROTOCOL, "gave a wrong answer to DATA: 250 no" },
	{ { "DATA: another 3xx", .ehlo = PIPE, .data = "352 go" }, NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|DATA|\n"
	    "(body).|QUIT|\n",
	    "+", RESULT_OK, NULL },
	{ { "message refused", .ehlo = PIPE, .dot = "554 DT:SPM" }, NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|DATA|\n"
	    "(body).|QUIT|\n",
	    "-", RESULT_REFUSED, "mx.test refused the message: 554 DT:SPM" },
	{ { "message put off", .ehlo = PIPE, .dot = "451 DT:SPM" }, NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|DATA|\n"
	    "(body).|QUIT|\n",
	    "~", RESULT_DEFERRED, "451 DT:SPM" },
	{ { "message refused: not sent again", .ehlo = PIPE,
	      .dot = "554 DT:SPM", .recipients = 5, .max = 1 },
	    NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|DATA|\n"
	    "(body).|\nQUIT|\n",
	    "-----", RESULT_REFUSED,
	    "mx.test refused the message: 554 DT:SPM" },
	{ { "message put off: not sent again", .dot = "451 DT:SPM",
	      .recipients = 5, .max = 2 },
	    NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x>|\nRCPT TO:<r0@x>|\n"
	    "RCPT TO:<r1@x>|\nDATA|\n(body).|\nQUIT|\n",
	    "~~~~~", RESULT_DEFERRED, "451 DT:SPM" },
	{ { "message refused the second time", .ehlo = PIPE, .recipients = 3,
	      .max = 1 },
	    "DOT:1 554 enough",
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|DATA|\n(body).|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r1@x>|DATA|\n(body).|\nQUIT|\n",
	    "+--", RESULT_OK, NULL },
	{ { "message refused, one was too many", .ehlo = PIPE,
	      .recipients = 3 },
	    "RCPT:1 452 4.5.3 many\nDOT 554 DT:SPM",
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|RCPT TO:<r1@x>|"
	    "RCPT TO:<r2@x>|DATA|\n(body).|\nQUIT|\n",
	    "---", RESULT_REFUSED, "554 DT:SPM" },
	{ { "message refused, after a refused recipient", .ehlo = PIPE,
	      .recipients = 3, .max = 2, .dot = "554 DT:SPM" },
	    "RCPT 450 later",
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|RCPT TO:<r1@x>|"
	    "DATA|\n(body).|\nQUIT|\n",
	    "~--", RESULT_DEFERRED, "450 later" },
	{ { "DATA refused: not asked again", .ehlo = PIPE, .data = "554 no",
	      .recipients = 3, .max = 1 },
	    NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|DATA|\nQUIT|\n",
	    "---", RESULT_REFUSED, "mx.test refused DATA: 554 no" },
	{ { "DATA put off: not asked again", .data = "451 no", .recipients = 3,
	      .max = 1 },
	    NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x>|\nRCPT TO:<r0@x>|\nDATA|\n"
	    "QUIT|\n",
	    "~~~", RESULT_DEFERRED, "451 no" },
	{ { "message: 421", .ehlo = PIPE, .dot = "421 bye" }, NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|DATA|\n"
	    "(body).|QUIT|\n",
	    "~", RESULT_SMARTHOST, "421 bye" },
	{ { "message: 354", .ehlo = PIPE, .dot = "354 what" }, NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|DATA|\n"
	    "(body).|QUIT|\n",
	    "~", RESULT_POSSIBLE_DUPLICATE, "354 what" },
	{ { "too big, by SIZE", .ehlo = "250-x|250 SIZE 99", .recipients = 2 },
	    NULL, "EHLO me.test|\nQUIT|\n", "--", RESULT_TOO_BIG,
	    "up to 99 octets, this one has 100" },
	{ { "SIZE is said", .ehlo = "250-x|250 SIZE 100" }, NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x> SIZE=100|\nRCPT TO:<r0@x>|\n"
	    "DATA|\n(body).|\nQUIT|\n",
	    "+", RESULT_OK, NULL },
	{ { "SIZE without a limit", .ehlo = "250-x|250 SIZE 0" }, NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x> SIZE=100|\nRCPT TO:<r0@x>|\n"
	    "DATA|\n(body).|\nQUIT|\n",
	    "+", RESULT_OK, NULL },
	{ { "two mails", .ehlo = PIPE, .mails = 2 }, NULL,
	    "EHLO me.test|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r0@x>|DATA|\n"
	    "(body).|MAIL FROM:<s@x1>|RCPT TO:<r0@x1>|DATA|\n"
	    "(body).|QUIT|\n",
	    "+ +", RESULT_OK, NULL },
	{ { "three mails", .ehlo = PIPE, .mails = 3 }, NULL,
	    "EHLO me.test|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r0@x>|DATA|\n"
	    "(body).|MAIL FROM:<s@x1>|RCPT TO:<r0@x1>|DATA|\n"
	    "(body).|MAIL FROM:<s@x2>|RCPT TO:<r0@x2>|DATA|\n"
	    "(body).|QUIT|\n",
	    "+ + +", RESULT_OK, NULL },
	{ { "two mails, one by one", .mails = 2 }, NULL,
	    "EHLO me.test|\n"
	    "MAIL FROM:<s@x>|\n"
	    "RCPT TO:<r0@x>|\n"
	    "DATA|\n"
	    "(body).|\n"
	    "MAIL FROM:<s@x1>|\n"
	    "RCPT TO:<r0@x1>|\n"
	    "DATA|\n"
	    "(body).|\n"
	    "QUIT|\n",
	    "+ +", RESULT_OK, NULL },
	{ { "three mails, each asked for late", .ehlo = PIPE, .mails = 3,
	      .later = true },
	    NULL,
	    "EHLO me.test|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r0@x>|DATA|\n"
	    "(body).|\n"
	    "MAIL FROM:<s@x1>|RCPT TO:<r0@x1>|DATA|\n"
	    "(body).|\n"
	    "MAIL FROM:<s@x2>|RCPT TO:<r0@x2>|DATA|\n"
	    "(body).|\n"
	    "QUIT|\n",
	    "+ + +", RESULT_OK, NULL },
	{ { "the first message refused", .ehlo = PIPE, .mails = 2 },
	    "DOT:0 554 spam",
	    "EHLO me.test|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r0@x>|DATA|\n"
	    "(body).|MAIL FROM:<s@x1>|RCPT TO:<r0@x1>|DATA|\n"
	    "(body).|QUIT|\n",
	    "- +", RESULT_OK, NULL },
	{ { "the first message put off, one by one", .mails = 2 },
	    "DOT:0 451 later",
	    "EHLO me.test|\n"
	    "MAIL FROM:<s@x>|\n"
	    "RCPT TO:<r0@x>|\n"
	    "DATA|\n"
	    "(body).|\n"
	    "MAIL FROM:<s@x1>|\n"
	    "RCPT TO:<r0@x1>|\n"
	    "DATA|\n"
	    "(body).|\n"
	    "QUIT|\n",
	    "~ +", RESULT_OK, NULL },
	{ { "421 to the first message", .ehlo = PIPE, .mails = 2 },
	    "DOT:0 421 bye",
	    "EHLO me.test|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r0@x>|DATA|\n"
	    "(body).|MAIL FROM:<s@x1>|RCPT TO:<r0@x1>|DATA|\n",
	    "~ ~", RESULT_LOST,
	    "not sent, since the mail before it ended the session: mx.test "
	    "refused the message: 421 bye" },
	{ { "the second sender refused, DATA let through", .ehlo = PIPE,
	      .mails = 3 },
	    "MAIL:1 553 no",
	    "EHLO me.test|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r0@x>|DATA|\n"
	    "(body).|MAIL FROM:<s@x1>|RCPT TO:<r0@x1>|DATA|\n"
	    ".|\n"
	    "MAIL FROM:<s@x2>|RCPT TO:<r0@x2>|DATA|\n"
	    "(body).|QUIT|\n",
	    "+ - +", RESULT_OK, NULL },
	{ { "the second sender refused, DATA too", .ehlo = PIPE, .mails = 3 },
	    "MAIL:1 553 no\nVOID_DATA 503 no",
	    "EHLO me.test|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r0@x>|DATA|\n"
	    "(body).|MAIL FROM:<s@x1>|RCPT TO:<r0@x1>|DATA|\n"
	    "MAIL FROM:<s@x2>|RCPT TO:<r0@x2>|DATA|\n"
	    "(body).|QUIT|\n",
	    "+ - +", RESULT_OK, NULL },
	{ { "the second sender refused, one by one", .mails = 3 },
	    "MAIL:1 553 no",
	    "EHLO me.test|\n"
	    "MAIL FROM:<s@x>|\n"
	    "RCPT TO:<r0@x>|\n"
	    "DATA|\n"
	    "(body).|\n"
	    "MAIL FROM:<s@x1>|\n"
	    "MAIL FROM:<s@x2>|\n"
	    "RCPT TO:<r0@x2>|\n"
	    "DATA|\n"
	    "(body).|\n"
	    "QUIT|\n",
	    "+ - +", RESULT_OK, NULL },
	{ { "421 to the second sender", .ehlo = PIPE, .mails = 3 },
	    "MAIL:1 421 bye",
	    "EHLO me.test|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r0@x>|DATA|\n"
	    "(body).|MAIL FROM:<s@x1>|RCPT TO:<r0@x1>|DATA|\n",
	    "+ ~ ~", RESULT_SMARTHOST, "421 bye" },
	{ { "the second recipient refused, DATA let through", .ehlo = PIPE,
	      .mails = 2 },
	    "RCPT:1 550 no",
	    "EHLO me.test|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r0@x>|DATA|\n"
	    "(body).|MAIL FROM:<s@x1>|RCPT TO:<r0@x1>|DATA|\n"
	    ".|\n"
	    "QUIT|\n",
	    "+ -", RESULT_RECIPIENT,
	    "mx.test refused RCPT TO:<r0@x1>: 550 no" },
	{ { "the second recipient refused, DATA too", .ehlo = PIPE,
	      .mails = 3 },
	    "RCPT:1 550 no\nVOID_DATA 503 no",
	    "EHLO me.test|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r0@x>|DATA|\n"
	    "(body).|MAIL FROM:<s@x1>|RCPT TO:<r0@x1>|DATA|\n"
	    "RSET|MAIL FROM:<s@x2>|RCPT TO:<r0@x2>|DATA|\n"
	    "(body).|QUIT|\n",
	    "+ - +", RESULT_OK, NULL },
	{ { "the second recipient refused, one by one", .mails = 3 },
	    "RCPT:1 550 no",
	    "EHLO me.test|\n"
	    "MAIL FROM:<s@x>|\n"
	    "RCPT TO:<r0@x>|\n"
	    "DATA|\n"
	    "(body).|\n"
	    "MAIL FROM:<s@x1>|\n"
	    "RCPT TO:<r0@x1>|\n"
	    "RSET|\n"
	    "MAIL FROM:<s@x2>|\n"
	    "RCPT TO:<r0@x2>|\n"
	    "DATA|\n"
	    "(body).|\n"
	    "QUIT|\n",
	    "+ - +", RESULT_OK, NULL },
	{ { "the second DATA refused", .ehlo = PIPE, .mails = 3 },
	    "DATA:1 451 no",
	    "EHLO me.test|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r0@x>|DATA|\n"
	    "(body).|MAIL FROM:<s@x1>|RCPT TO:<r0@x1>|DATA|\n"
	    "RSET|MAIL FROM:<s@x2>|RCPT TO:<r0@x2>|DATA|\n"
	    "(body).|QUIT|\n",
	    "+ ~ +", RESULT_OK, NULL },
	{ { "the second DATA refused, RSET too", .ehlo = PIPE, .mails = 3 },
	    "DATA:1 451 no\nRSET 500 what",
	    "EHLO me.test|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r0@x>|DATA|\n"
	    "(body).|MAIL FROM:<s@x1>|RCPT TO:<r0@x1>|DATA|\n"
	    "RSET|MAIL FROM:<s@x2>|RCPT TO:<r0@x2>|DATA|\n"
	    "QUIT|\n",
	    "+ ~ ~", RESULT_SMARTHOST, "mx.test refused RSET: 500 what" },
	{ { "two transactions a mail", .ehlo = PIPE, .mails = 2,
	      .recipients = 2, .max = 1 },
	    NULL,
	    "EHLO me.test|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r0@x>|DATA|\n"
	    "(body).|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r1@x>|DATA|\n"
	    "(body).|MAIL FROM:<s@x1>|RCPT TO:<r0@x1>|DATA|\n"
	    "(body).|\n"
	    "MAIL FROM:<s@x1>|RCPT TO:<r1@x1>|DATA|\n"
	    "(body).|QUIT|\n",
	    "++ ++", RESULT_OK, NULL },
	{ { "too many in the second mail", .ehlo = PIPE, .mails = 2,
	      .recipients = 2 },
	    "RCPT:3 452 4.5.3 many",
	    "EHLO me.test|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r0@x>|RCPT TO:<r1@x>|DATA|\n"
	    "(body).|MAIL FROM:<s@x1>|RCPT TO:<r0@x1>|RCPT TO:<r1@x1>|DATA|\n"
	    "(body).|\n"
	    "MAIL FROM:<s@x1>|RCPT TO:<r1@x1>|DATA|\n"
	    "(body).|QUIT|\n",
	    "++ ++", RESULT_OK, NULL },
	{ { "each too big, by SIZE", .ehlo = "250-x|250-PIPELINING|250 SIZE 99",
	      .mails = 2 },
	    NULL,
	    "EHLO me.test|\n"
	    "QUIT|\n",
	    "- -", RESULT_TOO_BIG, "up to 99 octets" },
	{ { "ten mails", .ehlo = PIPE, .mails = 10 }, NULL,
	    "EHLO me.test|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r0@x>|DATA|\n"
	    "(body).|MAIL FROM:<s@x1>|RCPT TO:<r0@x1>|DATA|\n"
	    "(body).|MAIL FROM:<s@x2>|RCPT TO:<r0@x2>|DATA|\n"
	    "(body).|MAIL FROM:<s@x3>|RCPT TO:<r0@x3>|DATA|\n"
	    "(body).|MAIL FROM:<s@x4>|RCPT TO:<r0@x4>|DATA|\n"
	    "(body).|MAIL FROM:<s@x5>|RCPT TO:<r0@x5>|DATA|\n"
	    "(body).|MAIL FROM:<s@x6>|RCPT TO:<r0@x6>|DATA|\n"
	    "(body).|MAIL FROM:<s@x7>|RCPT TO:<r0@x7>|DATA|\n"
	    "(body).|MAIL FROM:<s@x8>|RCPT TO:<r0@x8>|DATA|\n"
	    "(body).|MAIL FROM:<s@x9>|RCPT TO:<r0@x9>|DATA|\n"
	    "(body).|QUIT|\n",
	    "+ + + + + + + + + +", RESULT_OK, NULL },
};

static void
test_dialogues(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(dialogues); i++)
		world_play(&dialogues[i]);
}

/* What would break out of the brackets is never written. */
static void
test_addresses(void **state)
{
	static const struct {
		const char *address;
		enum result_kind kind;
	} cases[] = {
		{ "a@x", RESULT_OK },
		{ "\"john doe\"@x.org", RESULT_OK },
		{ "\"a\\\"b>\"@x", RESULT_OK },
		{ "a@[IPv6:::1]", RESULT_OK },
		{ "a b@x", RESULT_BUG },
		{ "a@x>", RESULT_BUG },
		{ "a@x> SIZE=1", RESULT_BUG },
		{ "a@x\r\nDATA", RESULT_BUG },
		{ "\"a\r\nb\"@x", RESULT_BUG },
		{ "\"a\tb\"@x", RESULT_BUG },
		{ "\"a\\\"@x", RESULT_BUG },
		{ "\"a\\\n\"@x", RESULT_BUG },
		{ "\x7f@x", RESULT_BUG },
		{ "\xc3\xa9@x", RESULT_UTF8_ADDRESS },
		{ "", RESULT_BUG },
	};
	static const struct host host = { "x", .ehlo = PIPE };
	struct result res;
	struct world w;

	(void)state;
	for (size_t i = 0; i < 2 * COUNT(cases); i++) {
		const char *address = cases[i / 2].address;
		enum result_kind kind = cases[i / 2].kind;

		world_make(&w, &host);
		if (i % 2 == 0)
			assert_int_equal(
			    envelope_add(&w.envs[0], address, NULL, &res), 0);
		else
			assert_int_equal(
			    envelope_set_sender(&w.envs[0], address, &res), 0);
		/* the null sender is one */
		if (i % 2 == 1 && *address == '\0')
			kind = RESULT_OK;
		world_finish(&w);
		world_check_settled(&w);
		assert_int_equal(
		    w.envs[0]
			.results[w.envs[0].rcpts[w.envs[0].count - 1].result]
			.kind,
		    kind);
		if (kind != RESULT_OK && *address != '\0')
			assert_null(strstr(w.sent.data, address));
		if (kind == RESULT_OK)
			assert_non_null(strstr(w.sent.data, "(body)"));
		world_clear(&w);
	}
}

/* A mail that must not be sent is settled at once, and does not stop the
 * others, nor is QUIT said in its place. */
static void
test_unfit_mail(void **state)
{
	static const struct host host = { "x", .ehlo = PIPE, .mails = 3 };
	struct result res;
	struct world w;

	(void)state;
	for (size_t m = 0; m < 3; m++) {
		world_make(&w, &host);
		assert_int_equal(
		    envelope_set_sender(&w.envs[m], "a b@x", &res), 0);
		world_reach(&w, SMTP_DOT);
		if (m == 1)
			assert_int_equal(w.envs[m].rcpts[0].state, RCPT_FAILED);
		world_finish(&w);
		world_check_settled(&w);
		for (size_t k = 0; k < 3; k++)
			assert_int_equal(w.envs[k].rcpts[0].state,
			    k == m ? RCPT_FAILED : RCPT_DELIVERED);
		assert_string_equal(w.sent.data,
		    m == 0	 ? "EHLO me.test|\n"
				   "MAIL FROM:<s@x1>|RCPT TO:<r0@x1>|DATA|\n"
				   "(body).|MAIL FROM:<s@x2>|RCPT TO:<r0@x2>|"
				   "DATA|\n(body).|QUIT|\n"
			: m == 1 ? "EHLO me.test|\n"
				   "MAIL FROM:<s@x>|RCPT TO:<r0@x>|DATA|\n"
				   "(body).|\n"
				   "MAIL FROM:<s@x2>|RCPT TO:<r0@x2>|DATA|\n"
				   "(body).|QUIT|\n"
				 : "EHLO me.test|\n"
				   "MAIL FROM:<s@x>|RCPT TO:<r0@x>|DATA|\n"
				   "(body).|MAIL FROM:<s@x1>|RCPT TO:<r0@x1>|"
				   "DATA|\n(body).|\nQUIT|\n");
		world_clear(&w);
	}
}

/* An address of any length leaves room for what was said of it. */
static void
test_long_address(void **state)
{
	static const struct host host = { "x", .ehlo = PIPE,
		.rcpt = "550 no such user" };
	char address[1000];
	struct result res;
	struct world w;

	(void)state;
	memset(address, 'a', sizeof address - 1);
	memcpy(address + sizeof address - 3, "@x", 3);
	world_make(&w, &host);
	assert_int_equal(envelope_add(&w.envs[0], address, NULL, &res), 0);
	world_finish(&w);
	world_check_settled(&w);
	assert_non_null(strstr(
	    w.envs[0].results[w.envs[0].rcpts[w.envs[0].count - 1].result].text,
	    "550 no such user"));
	world_clear(&w);
}

/* Parameters, where offered, and not otherwise. */
static void
test_parameters(void **state)
{
	static const struct {
		const char *ehlo, *mail, *rcpt;
	} cases[] = {
		{ "250 hi", "MAIL FROM:<s@x>|\n", "RCPT TO:<r0@x>|\n" },
		{ "250-hi|250 8BITMIME", "MAIL FROM:<s@x> BODY=8BITMIME|\n",
		    "RCPT TO:<r0@x>|\n" },
		{ "250-hi|250 DSN",
		    "MAIL FROM:<s@x> RET=HDRS ENVID=a+2Bb+20c|\n",
		    "RCPT TO:<r0@x> NOTIFY=SUCCESS,DELAY|\n" },
		{ "250-hi|250-DSN|250-SIZE|250 8BITMIME",
		    "MAIL FROM:<s@x> SIZE=100 BODY=8BITMIME RET=HDRS "
		    "ENVID=a+2Bb+20c|\n",
		    "RCPT TO:<r0@x> NOTIFY=SUCCESS,DELAY|\n" },
	};
	struct host host = { .name = "x" };
	char notify[] = "SUCCESS,DELAY", ret[] = "HDRS", envid[] = "a+b c";
	struct world w;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		host.ehlo = cases[i].ehlo;
		world_make(&w, &host);
		w.envs[0].is_8bit = true;
		w.envs[0].dsn = (struct dsn){ notify, ret, envid };
		world_finish(&w);
		assert_non_null(strstr(w.sent.data, cases[i].mail));
		assert_non_null(strstr(w.sent.data, cases[i].rcpt));
		w.envs[0].dsn = (struct dsn){ NULL, NULL, NULL };
		world_clear(&w);
	}
}

/* Many recipients, in as many transactions as it takes. */
static void
test_many(void **state)
{
	static const struct {
		struct host host;
		size_t commands; /* flights, at the most */
	} cases[] = {
		{ { "one flight of 999", .ehlo = PIPE, .recipients = 999,
		      .max = 5000 },
		    5 },
		{ { "more than a window", .ehlo = PIPE, .recipients = 2500,
		      .max = 5000 },
		    6 },
		{ { "batches of 50", .ehlo = PIPE, .recipients = 5000 },
		    3 + 200 },
	};
	struct world w;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t flights = 0;

		print_message("%s\n", cases[i].host.name);
		world_make(&w, &cases[i].host);
		world_finish(&w);
		assert_int_equal(envelope_count(&w.envs[0], RCPT_DELIVERED),
		    w.envs[0].count);
		for (size_t k = 0; k < w.sent.len; k++)
			flights += w.sent.data[k] == '\n';
		assert_true(flights <= cases[i].commands);
		world_clear(&w);
	}
}

/* The secret is in what is sent, and not in what is shown. */
static void
test_secret(void **state)
{
	static const struct host plain = { "x", .ehlo = PIPE,
		.authenticate = true },
				 login = { "x", .ehlo = PIPE,
					 .authenticate = true,
					 .want = SASL_LOGIN };
	struct world w;

	(void)state;
	for (int i = 0; i < 2; i++) {
		const char *form = i == 0 ? "AG1lQG14LnRlc3QAc2VjcmV0"
					  : "c2VjcmV0";
		bool seen = false;

		world_make(&w, i == 0 ? &plain : &login);
		do {
			seen = seen ||
			    strstr(smtp_output(w.c)->data, form) != NULL;
			assert_null(strstr(smtp_output_shown(w.c)->data, form));
		} while (world_step(&w));
		assert_true(seen);
		world_clear(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dialogues),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_unfit_mail),
		cmocka_unit_test(test_long_address),
		cmocka_unit_test(test_parameters),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_secret),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
