#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config/conf.h"
#include "config/conf_keys.h"
#include "dumps.h"

#define HOST "[smarthost]\nhost = smtp.example.com\n"
#define LOGIN HOST "user = me@example.com\npassword = pw\n"
#define HEX8 "0123abCD"
#define HEX HEX8 HEX8 HEX8 HEX8 HEX8 HEX8 HEX8 HEX8
#define PIN "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define X10 "xxxxxxxxxx"
#define X50 X10 X10 X10 X10 X10

static int
parse(struct conf *conf, const char *text, struct result *res)
{
	return conf_parse(conf, "t.ini", text, strlen(text), res);
}

/* What is refused, and in which words. */
static const struct {
	const char *name, *in, *want;
} refused[] = {
	{ "no host", "", "t.ini: [smarthost] host: must be set" },
	{ "blank host", "[smarthost]\nhost = \"  \"\n",
	    "t.ini:2: [smarthost] h" },
	{ "key first", "host = a\n",
	    "t.ini:1: a key before the first [section]; put [smarthost] abo" },
	{ "key first, of a later section", "local = a\n",
	    "put [recipients] above it" },
	{ "no key first", "QWxhZGRpbjpvcGVu=\n", "put [smarthost] above it" },
	{ "section", "\n[x]\n", "t.ini:2: unknown section [x]" },
	{ "section's case", "[Sender]\n",
	    "t.ini:1: unknown section [Sender]; was [sender] meant?" },
	{ "section of others", "[spool]\n", "was [queue] meant?" },
	{ "bare account", "[smarthost b]\n",
	    "t.ini: [smarthost b] host: must be set" },
	{ "no account", "[queue b]\n", "t.ini:1: unknown section" },
	{ "open section", "[sender\n", "t.ini:1: a section is written" },
	{ "text after section", "[sender] x\n", "t.ini:1: a section is w" },
	{ "empty section", "[ ]\n", "t.ini:1: the section's name" },
	{ "long section", "[" X50 "]\n", "t.ini:1: the section's name" },
	{ "comment in section", "[a ;b]\n", "t.ini:1: a section's name" },
	{ "unknown key", HOST "vendor = 163\n",
	    "t.ini:3: unknown key vendor in [smarthost]" },
	{ "near key", HOST "pasword = x\n", "was password in [smarthost] me" },
	{ "ssmtp's key", HOST "AuthUser = x\n",
	    "unknown key AuthUser in [smarthost]; was user in [smarthost] me" },
	{ "mailx's key", HOST "smtp-auth-password = x\n",
	    "was password in [smarthost] meant?" },
	{ "git's key", HOST "smtpServerPort = x\n", "was port in [smarth" },
	{ "part of others' key", HOST "smtpServerPor = x\n",
	    "t.ini:3: unknown key in [smarthost]" },
	{ "case of a key", HOST "Port = 1\n",
	    "was port in [smarthost] meant?" },
	{ "key elsewhere", "[sender]\nport = 1\n", "was port in [smarthost]" },
	{ "key hidden", HOST "QWxhZGRpbjpvcGVu=\n",
	    "t.ini:3: unknown key in [smarthost]" },
	{ "long key", HOST X50 " = 1\n", "t.ini:3: what stands before the =" },
	{ "blank in key", HOST "po rt = 1\n", "t.ini:3: what stands before" },
	{ "no key", HOST " = 1\n", "t.ini:3: what stands before the =" },
	{ "colon", HOST "port: 465\n",
	    "t.ini:3: expected `port = value`, in [" },
	{ "no value", HOST "port\n", "t.ini:3: expected `port = value`" },
	{ "msmtp's line", HOST "tls_starttls on\n",
	    "t.ini:3: expected `tls = value`, in [smarthost]" },
	{ "msmtp's first line", "from a@b\n",
	    "t.ini:1: expected `address = value`, in [sender]" },
	{ "no line of anybody's", HOST "QWxhZGRpbjpvcGVu\n",
	    "t.ini:3: expected `name = value`, [section] or a comment" },
	{ "continuation", HOST "user = a\n  b@c\n", "t.ini:4: expected" },
	{ "URL", "[smarthost]\nhost = smtps://smtp.a:465\n",
	    "t.ini:2: [smarthost] host: must be the name alone" },
	{ "duplicate", HOST "port = 1\n\nport = 1\n",
	    "t.ini:5: port in [smarthost] was set on line 3 already" },
	{ "duplicate section", HOST "[sender]\n" HOST,
	    "t.ini:5: host in [smarthost] was set on line 2 already" },
	{ "port 0", HOST "port = 0\n",
	    "t.ini:3: [smarthost] port: must be a number from 1 to 65535" },
	{ "port high", HOST "port = 65536\n", "must be a number" },
	{ "port word", HOST "port = smtp\n", "must be a number" },
	{ "port sign", HOST "port = +1\n", "must be a number" },
	{ "port tail", HOST "port = 1x\n", "must be a number" },
	{ "port empty", HOST "port =\n", "must be a number" },
	{ "port huge", HOST "port = 99999999999999999999\n", "must be a num" },
	{ "recipients", HOST "recipients_per_message = 0\n", "from 1 to 1000" },
	{ "time zero", HOST "timeout = 0\n", "from 1ms to 1d" },
	{ "time unit", HOST "timeout = 5 m\n", "must be a time like 10s" },
	{ "time long", HOST "timeout = 25h\n", "must be a time like 10s" },
	{ "time huge", HOST "timeout = 999999999999999999d\n", "must be a t" },
	{ "time word", HOST "timeout = never\n", "must be a time like 10s" },
	{ "tls", HOST "tls = opportunistic\n",
	    "[smarthost] tls: must be implicit, starttls or off" },
	{ "tls case", HOST "tls = OFF\n", "must be implicit, starttls or off" },
	{ "auth", HOST "auth = digest-md5\n",
	    "[smarthost] auth: must be auto, login, plain, cram-md5, "
	    "scram-sha-1, scram-sha-256, xoauth2, oauthbearer, external or "
	    "off" },
	{ "tls_min", HOST "tls_min = 1.1\n", "must be 1.2 or 1.3" },
	{ "bool", HOST "insecure_auth = true\n", "must be no or yes" },
	{ "rewrite", HOST "[sender]\nrewrite = auto\n",
	    "t.ini:4: [sender] rewrite: must be always, local or never" },
	{ "connections", HOST "max_connections = 101\n", "from 1 to 100" },
	{ "messages", HOST "messages_per_connection = 0\n",
	    "must be a number from 1 to 100000" },
	{ "queue path", HOST "[queue]\ndirectory = spool\n",
	    "t.ini:4: [queue] directory: must be an absolute path" },
	{ "queue in the root", HOST "[queue]\ndirectory = /./\n",
	    "t.ini:4: [queue] directory: must be a directory that is" },
	{ "delivery", HOST "[queue]\ndelivery = now\n",
	    "[queue] delivery: must be wait, background or queue" },
	{ "delivery in background, no queue",
	    HOST "[queue]\ndirectory =\ndelivery = background\n",
	    "t.ini:5: [queue] delivery: must be wait, since directory" },
	{ "delivery by queue, no queue",
	    HOST "[queue]\ndelivery = queue\ndirectory =\n",
	    "t.ini:4: [queue] delivery: must be wait, since directory" },
	{ "lifetime zero", HOST "[queue]\nlifetime = 0\n",
	    "must be a time like 10s, 5m or 500ms, from 1ms to 365d" },
	{ "lifetime long", HOST "[queue]\nlifetime = 8761h\n", "to 365d" },
	{ "keep_failed short", HOST "[queue]\nkeep_failed = 999ms\n",
	    "from 1s to 365d" },
	{ "retry empty", HOST "[queue]\nretry =\n",
	    "t.ini:4: [queue] retry: must be 1 to 16 times like 30s, 5m or "
	    "2h, with blanks between them, each from 1ms to 30d" },
	{ "retry zero", HOST "[queue]\nretry = 1m 0\n", "must be 1 to 16 t" },
	{ "retry long", HOST "[queue]\nretry = 1m 31d\n", "must be 1 to" },
	{ "retry word", HOST "[queue]\nretry = 1m never\n", "must be 1 to" },
	{ "retry commas", HOST "[queue]\nretry = 1m, 5m\n", "must be 1 to" },
	{ "retry many",
	    HOST "[queue]\nretry = 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 "
		 "1 1\n",
	    "must be 1 to 16 times" },
	{ "relative path", HOST "ca_file = ca.pem\n", "must be an absolute p" },
	{ "relative map", HOST "[sender]\nmap = senders\n",
	    "t.ini:4: [sender] map: must be an absolute path" },
	{ "tilde", HOST "password_file = ~/pw\n", "must be an absolute path" },
	{ "control", HOST "[sender]\nname = a\tb\n", "control character" },
	{ "escape", HOST "[sender]\nname = \"a\033[1m\"\n", "control char" },
	{ "bare CR", HOST "[sender]\nname = a\rb\n", "t.ini:4: a carriage" },
	{ "open quote", LOGIN "[sender]\nname = \"a\n",
	    "t.ini:6: the closing quote is missing" },
	{ "escaped quote", HOST "ehlo = \"a\\\"\n",
	    "closing quote is missing" },
	{ "open escape", HOST "ehlo = \"a\\\n", "closing quote is missing" },
	{ "other escape", HOST "ehlo = \"a\\n\"\n", "t.ini:3: within quotes" },
	{ "after quote", HOST "ehlo = \"a\" b\n", "text after the closing q" },
	{ "path and TLS", "[smarthost]\nhost = /run/s\n",
	    "t.ini: [smarthost] tls: must be off for a host that is a path" },
	{ "second path and TLS", "[smarthost]\nhost = a /s\ntls = starttls\n",
	    "t.ini:3: [smarthost] tls: must be off for a host that is a pat" },
	{ "long path", "[smarthost]\ntls = off\nhost = /" X50 X50 X10 "\n",
	    "t.ini:3: [smarthost] host: the path is too long for a socket" },
	{ "relative path of a socket", "[smarthost]\nhost = run/s\n",
	    "not a host name" },
	{ "source path", HOST "source_address = /run/s\n", "must be an IPv4" },
	{ "proxy path", HOST "proxy = socks5:///run/s:1\n", "socks5://[" },
	{ "host port", "[smarthost]\nhost = a.example:0\n",
	    "t.ini:2: [smarthost] host: the port after a : must be a number" },
	{ "host port, second", "[smarthost]\nhost = a:1 b:65536\n",
	    "the port" },
	{ "host port, IPv6", "[smarthost]\nhost = [::1]:\n", "the port after" },
	{ "host colons", "[smarthost]\nhost = ::1::25\n", "in brackets" },
	{ "host byte", "[smarthost]\nhost = a b_c d/e\n", "not a host name" },
	{ "host octet", "[smarthost]\nhost = 1.2.3.256\n", "not a host name" },
	{ "host short", "[smarthost]\nhost = 127.1\n", "not a host name" },
	{ "host dots", "[smarthost]\nhost = a..b\n", "not a host name" },
	{ "host dot", "[smarthost]\nhost = a.\n", "not a host name" },
	{ "host hyphen", "[smarthost]\nhost = -a.b\n", "not a host name" },
	{ "host label", "[smarthost]\nhost = " X50 X10 "abcd\n", "not a host" },
	{ "host long",
	    "[smarthost]\nhost = " X50 "." X50 "." X50 "." X50 "." X50 "\n",
	    "not a host name" },
	{ "host brackets", "[smarthost]\nhost = [1.2.3.4]\n", "not a host n" },
	{ "host utf-8", "[smarthost]\nhost = \xe4\xbe\x8b.cn\n", "not a host" },
	{ "ehlo", HOST "ehlo = a b\n", "must be a host name or an [address]" },
	{ "pin", HOST "tls_pin = " PIN " sha256//AAAA\n",
	    "t.ini:3: [smarthost] tls_pin: must be the SHA-256 of a public k" },
	{ "blank pin", HOST "tls_pin = \"  \"\n",
	    "t.ini:3: [smarthost] tls_pin: must be" },
	{ "pin too long", HOST "tls_pin = " HEX "0\n", "must be the SHA-256" },
	{ "pins with a comma", HOST "tls_pin = " HEX ", " HEX "\n",
	    "must be the SHA-256" },
	{ "pin in clear", HOST "tls_pin = " HEX "\ntls = off\n",
	    "t.ini:3: [smarthost] tls_pin: cannot be set together with tls" },
	{ "pin and file", HOST "tls_pin = " HEX "\nca_file = /ca\n",
	    "t.ini:4: [smarthost] ca_file: cannot be set together with tls_p" },
	{ "pin and path", HOST "tls_pin = " HEX "\nca_path = /ca\n",
	    "t.ini:4: [smarthost] ca_path: cannot be set together with tls_p" },
	{ "certificate in clear", HOST "tls_cert = /c\ntls = off\n",
	    "t.ini:3: [smarthost] tls_cert: cannot be set together with tls" },
	{ "key alone", HOST "tls_key = /k\n",
	    "t.ini:3: [smarthost] tls_key: is of no use without tls_cert" },
	{ "relative certificate", HOST "tls_cert = c\n", "an absolute path" },
	{ "relative key", HOST "tls_key = k\n", "must be an absolute path" },
	{ "protocol", HOST "protocol = uucp\n", "must be smtp or lmtp" },
	{ "LMTP on port 25", HOST "protocol = lmtp\nport = 25\n",
	    "t.ini:3: [smarthost] protocol: cannot be lmtp with port 25" },
	{ "LMTP on port 25, too",
	    "[smarthost]\nhost = /s a\ntls = off\nport = 25\n"
	    "protocol = lmtp\n",
	    "t.ini:5: [smarthost] protocol: cannot be lmtp with port 25" },
	{ "LMTP on a port 25",
	    "[smarthost]\nhost = a:24 b:25\nprotocol = lmtp\n",
	    "t.ini:3: [smarthost] protocol: cannot be lmtp with port 25" },
	{ "srv", "[smarthost]\nhost = srv:\n",
	    "t.ini:2: [smarthost] host: srv: must have a domain like" },
	{ "srv, no dot", "[smarthost]\nhost = srv:localhost\n", "srv: must" },
	{ "srv, no name", "[smarthost]\nhost = srv:a_/b.c\n", "srv: must" },
	{ "srv, address", "[smarthost]\nhost = srv:192.0.2.1\n", "srv: must" },
	{ "srv, port", "[smarthost]\nhost = srv:a.example:25\n", "srv: mus" },
	{ "srv, long",
	    "[smarthost]\nhost = srv:" X50 "." X50 "." X50 "." X50
	    "." X10 X10 X10 "xx\n",
	    "srv: must" },
	{ "srv in clear", "[smarthost]\nhost = srv:a.example\ntls = off\n",
	    "t.ini:3: [smarthost] tls: cannot be off with a host that begin" },
	{ "srv second, in clear",
	    "[smarthost]\nhost = localhost srv:a.example\ntls = off\n",
	    "t.ini:3: [smarthost] tls: cannot be off with a host that begin" },
	{ "srv and LMTP",
	    "[smarthost]\nhost = srv:a.example\nprotocol = lmtp\n",
	    "t.ini:3: [smarthost] protocol: must be smtp with a host" },
	{ "srv and proxy",
	    "[smarthost]\nhost = srv:a.example\nproxy = socks5://h:1\n",
	    "t.ini:3: [smarthost] proxy: cannot be set with a host that" },
	{ "source srv", HOST "source_address = srv:a.example\n", "must be an" },
	{ "source name", HOST "source_address = localhost\n",
	    "t.ini:3: [smarthost] source_address: must be an IPv4 address, an "
	    "IPv6 address, or one of each" },
	{ "two sources", HOST "source_address = 192.0.2.1 192.0.2.2\n",
	    "must be an IPv4 address, an IPv6" },
	{ "two IPv6 sources", HOST "source_address = ::1 192.0.2.1 [::2]\n",
	    "must be an IPv4 address, an IPv6" },
	{ "source port", HOST "source_address = 192.0.2.1:25\n",
	    "must be an IPv4 address, an IPv6" },
	{ "source with a zone", HOST "source_address = fe80::1%eth0\n",
	    "must be an IPv4 address, an IPv6" },
	{ "sources with a comma", HOST "source_address = 192.0.2.1, ::1\n",
	    "must be an IPv4 address, an IPv6" },
	{ "proxy", HOST "proxy = proxy.example:1080\n",
	    "t.ini:3: [smarthost] proxy: must be socks5://[user[:password]@]" },
	{ "proxy of another kind", HOST "proxy = http://h:1\n", "socks5://[" },
	{ "proxy without port", HOST "proxy = socks5://h\n", "socks5://[" },
	{ "proxy no host", HOST "proxy = socks5://a_/b:1\n", "socks5://[" },
	{ "proxy short", HOST "proxy = socks5://127.1:1\n", "socks5://[" },
	{ "language", HOST "[log]\nlanguage = de\n",
	    "t.ini:4: [log] language: must be auto, en or zh" },
	{ "syslog", HOST "[log]\nsyslog = kern\n",
	    "must be off or a facility" },
	{ "password only", HOST "password = pw\n",
	    "t.ini: [smarthost] user: m" },
	{ "login bare", HOST "auth = login\n",
	    "[smarthost] user: must be set" },
	{ "plain bare", HOST "auth = plain\npassword_command = x\n",
	    "[smarthost] user: must be set" },
	{ "command only", HOST "password_command = x\n",
	    "t.ini: [smarthost] user: m" },
	{ "external bare", HOST "auth = external\n",
	    "[smarthost] user: must be set to log in" },
	{ "two passwords", LOGIN "password_file = /x\n",
	    "t.ini:5: [smarthost] password_file: cannot be set together" },
	{ "password and command", "[smarthost]\npassword_command = x\n" LOGIN,
	    "t.ini:2: [smarthost] password_command: cannot be set together "
	    "with password" },
	{ "file and command",
	    HOST "user = a@b\npassword_command = x\npassword_file = /x\n",
	    "t.ini:4: [smarthost] password_command: cannot be set together "
	    "with password_file" },
	{ "clear", LOGIN "tls = off\n", "t.ini:5: [smarthost] tls: off would" },
	{ "clear, second host",
	    "[smarthost]\nhost = localhost a.example\n"
	    "tls = off\nuser = a\npassword = b\n",
	    "[smarthost] tls: off would" },
	{ "clear, proxy",
	    "[smarthost]\nhost = localhost\nproxy = socks5://localhost:1\n"
	    "tls = off\nuser = a\npassword = b\n",
	    "t.ini:4: [smarthost] tls: off would" },
	{ "clear, port",
	    "[smarthost]\nhost = localhost:25 a.example:25\n"
	    "tls = off\nuser = a\npassword = b\n",
	    "[smarthost] tls: off would" },
	{ "clear, 1270",
	    "[smarthost]\nhost = 127.0.0.1.example\n"
	    "tls = off\nuser = a\npassword = b\n",
	    "[smarthost] tls: off would" },
};

static void
test_refused(void **state)
{
	struct result res;
	struct conf conf;

	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		if (parse(&conf, refused[i].in, &res) != -1)
			fail_msg("%s: taken", refused[i].name);
		assert_int_equal(res.kind, RESULT_CONFIG);
		if (strstr(res.text, refused[i].want) == NULL)
			fail_msg("%s: %s", refused[i].name, res.text);
		conf_clear(&conf);
	}
}

static const char *const taken[] = {
	HOST,
	"\xef\xbb\xbf" HOST,
	"\xef\xbb\xbf[smarthost]\nhost=a",
	"[smarthost]\r\n\r\n\thost = a \r\n; c\r\n # c = d\r\n  port = 1\r\n",
	" [ smarthost ] ; c\nhost=a # c\n[smarthost]#c\nport=\"1\"# c\n",
	"[smarthost]\nhost = ::1 [::1] [2001:db8::1] 1.2.3.4 a_b.c-d 163.com\n",
	"[smarthost]\nhost = a:1 [::1]:25 1.2.3.4:65535 ::1 b\n",
	"[smarthost]\nhost = localhost:1 127.0.0.1:2 [::1]:3 ::1\ntls = off\n"
	"user = a@b\npassword = c\n",
	LOGIN "auth = login\n",
	LOGIN "auth = scram-sha-256\n",
	HOST "user = a@b\nauth = external\n",
	HOST "user = a@b\nauth = external\ntls = off\n",
	LOGIN "auth = off\ntls = off\n",
	LOGIN "tls = off\ninsecure_auth = yes\n",
	HOST "tls = off\n",
	HOST "user = a\nauth = off\n",
	HOST "auth = plain\nuser = a@b\npassword_file = /x y\n",
	HOST "user = a@b\npassword_command = pass show x | head -1\n",
	HOST "auth = plain\nuser = a@b\n",
	HOST "user = a@b\n",
	"[smarthost]\nhost = LocalHost 127.0.0.9 ::1 [::1]\ntls = off\n"
	"user = a@b\npassword = b\n",
	"[smarthost]\nhost = /run/s\ntls = off\nuser = a@b\npassword = c\n"
	"proxy = socks5://h:1\n",
	"[smarthost]\nhost = /run/s:[1] localhost\ntls = off\n",
	"[smarthost]\nhost = /run/s\ntls_pin = " PIN "\n",
	"[smarthost]\nhost = /s\ntls = off\nport = 25\nprotocol = lmtp\n",
	HOST "protocol = lmtp\nport = 24\n",
	"[smarthost]\nhost = a:24 b:587\nport = 25\nprotocol = lmtp\n",
	"[smarthost]\nhost = srv:example.com srv:a.b_c.example\n",
	"[smarthost]\nhost = srv:" X50 "." X50 "." X50 "." X50 "." X10 X10 X10
	"\ntls = starttls\nuser = a@b\npassword = c\n",
	HOST "protocol = smtp\nport = 25\n",
	HOST "tls_pin = " PIN "\n",
	HOST "tls_pin = " HEX "  " PIN " " PIN "\n",
	HOST "tls_pin =\nca_file = /ca\ntls_cert =\ntls_key =\n",
	HOST "tls_cert = /c\n",
	HOST "tls_cert = /c\ntls_key = /k\ntls_pin = " HEX "\n",
	HOST "source_address = 192.0.2.1\n",
	HOST "source_address = 2001:db8::1\n",
	HOST "source_address =  [2001:db8::1]  192.0.2.1\n",
	HOST "proxy = socks5://proxy.example:1080\n",
	HOST "proxy = socks5://u:p;#%25@[::1]:1080\ntls = off\n",
	HOST "proxy =\n",
	HOST "ehlo = [192.0.2.1]\n[log]\nsyslog = off\n[log]\nfile = /l\n",
	HOST "connect_timeout = 1\ntimeout = 1d\nwait_timeout = 500ms\n",
	HOST "[queue]\ndirectory = \nretry = 1\n",
	HOST "[queue]\ndirectory = /./q\ndelivery = queue\n",
	HOST "[queue]\nretry = 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n",
	HOST "[queue]\nlifetime = 52w1d\nkeep_failed = 365d\nretry = 30d\n",
};

static void
test_taken(void **state)
{
	struct result res;
	struct conf conf;

	(void)state;
	for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
		if (parse(&conf, taken[i], &res) == -1)
			fail_msg("%zu: %s", i, res.text);
		conf_clear(&conf);
	}
}

static void
test_defaults(void **state)
{
	struct result res;
	struct conf c;

	(void)state;
	assert_int_equal(parse(&c, HOST, &res), 0);
	assert_string_equal(c.path, "t.ini");
	assert_string_equal(c.smarthost.host, "smtp.example.com");
	assert_int_equal(c.smarthost.protocol, CONF_PROTOCOL_SMTP);
	assert_int_equal(c.smarthost.port, 465);
	assert_int_equal(c.smarthost.tls, CONF_TLS_IMPLICIT);
	assert_int_equal(c.smarthost.auth, CONF_AUTH_AUTO);
	assert_string_equal(c.smarthost.password, "");
	assert_string_equal(c.smarthost.tls_pin, "");
	assert_string_equal(c.smarthost.tls_cert, "");
	assert_string_equal(c.smarthost.tls_key, "");
	assert_string_equal(c.smarthost.source_address, "");
	assert_string_equal(c.smarthost.proxy, "");
	assert_int_equal(c.smarthost.tls_min, CONF_TLS_1_2);
	assert_int_equal(c.smarthost.insecure_auth, 0);
	assert_int_equal(c.smarthost.connect_timeout, 10000);
	assert_int_equal(c.smarthost.timeout, 300000);
	assert_int_equal(c.smarthost.wait_timeout, 20000);
	assert_int_equal(c.smarthost.max_connections, 1);
	assert_int_equal(c.smarthost.messages_per_connection, 10);
	assert_int_equal(c.smarthost.recipients_per_message, 50);
	assert_int_equal(c.sender.rewrite, CONF_REWRITE_ALWAYS);
	assert_string_equal(c.sender.map, "");
	assert_string_equal(c.recipients.aliases, "/etc/aliases");
	assert_string_equal(c.queue.directory, LOCALSTATEDIR "/spool/outpost");
	assert_int_equal(c.queue.delivery, CONF_DELIVERY_WAIT);
	assert_int_equal(c.queue.retry.count, 7);
	assert_int_equal(c.queue.retry.ms[0], 60000);
	assert_int_equal(c.queue.retry.ms[6], 14400000);
	assert_int_equal(c.queue.lifetime, 432000000);
	assert_int_equal(c.queue.keep_failed, 604800000);
	assert_string_equal(c.log.syslog, "mail");
	assert_string_equal(c.log.file, "");
	assert_int_equal(c.log.language, CONF_LANGUAGE_AUTO);
	assert_string_equal(c.smarthost.provider, "");
	conf_clear(&c);
	conf_clear(&c);
}

/* Lines, and what they set. */
static void
test_values(void **state)
{
	static const char text[] = HOST
	    "tls = starttls\nauth = plain\n"
	    "tls_min = 1.3\ninsecure_auth = yes\nuser = a=\"b\";c#d@x\n"
	    "password = \"\t \"   # blanks\n"
	    "connect_timeout = 1500ms\ntimeout = 2h\nwait_timeout = 3m\n"
	    "[sender]\nname =   \xe5\xbc\xa0 \"the\"  cron ;comment\n"
	    "rewrite = local\naddress = \"\"\n[recipients]\naliases =\n"
	    "[queue]\nretry =  250ms 7\t1h60m ; c\ndirectory = /q r\n"
	    "delivery = background\nlifetime = 90d\n";
	struct result res;
	struct conf c;

	(void)state;
	assert_int_equal(parse(&c, text, &res), 0);
	assert_int_equal(c.smarthost.tls, CONF_TLS_STARTTLS);
	assert_int_equal(c.smarthost.auth, CONF_AUTH_PLAIN);
	assert_int_equal(c.smarthost.tls_min, CONF_TLS_1_3);
	assert_int_equal(c.smarthost.insecure_auth, 1);
	assert_string_equal(c.smarthost.user, "a=\"b\";c#d@x");
	assert_string_equal(c.smarthost.password, "\t ");
	assert_int_equal(c.smarthost.connect_timeout, 1500);
	assert_int_equal(c.smarthost.timeout, 7200000);
	assert_int_equal(c.smarthost.wait_timeout, 180000);
	assert_string_equal(c.sender.name, "\xe5\xbc\xa0 \"the\"  cron");
	assert_int_equal(c.sender.rewrite, CONF_REWRITE_LOCAL);
	assert_string_equal(c.sender.address, "");
	assert_string_equal(c.recipients.aliases, "");
	assert_string_equal(c.queue.directory, "/q r");
	assert_int_equal(c.queue.delivery, CONF_DELIVERY_BACKGROUND);
	assert_int_equal(c.queue.retry.count, 3);
	assert_int_equal(c.queue.retry.ms[0], 250);
	assert_int_equal(c.queue.retry.ms[1], 7000);
	assert_int_equal(c.queue.retry.ms[2], 7200000);
	assert_int_equal(c.queue.lifetime, 7776000000);
	conf_clear(&c);
}

/* As the manual says: quotes around, a backslash before " and \. */
static void
quote(struct buf *out, const char *text)
{
	buf_putc(out, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			buf_putc(out, '\\');
		buf_putc(out, *text);
	}
	buf_putc(out, '"');
}

static void
check_password(const char *password, const char *written)
{
	struct result res;
	struct conf conf;
	struct buf text;

	buf_init(&text, 8192);
	buf_puts(&text, HOST "user = u@x\npassword = ");
	buf_puts(&text, written);
	buf_puts(&text, "\r\nport = 25");
	assert_false(buf_failed(&text));
	if (parse(&conf, text.data, &res) == -1)
		fail_msg("%s: %s", written, res.text);
	assert_string_equal(conf.smarthost.password, password);
	assert_int_equal(conf.smarthost.port, 25);
	conf_clear(&conf);
	buf_free(&text);
}

static void
test_passwords(void **state)
{
	static const struct {
		const char *password;
		enum { QUOTED, BOTH } form;
	} passwords[] = {
		{ "p;a#s=s", BOTH },
		{ "a;", BOTH },
		{ "a#", BOTH },
		{ "=", BOTH },
		{ "==", BOTH },
		{ "a\"b\"", BOTH },
		{ "a\\b\\", BOTH },
		{ "two words", BOTH },
		{ "a: b", BOTH },
		{ "a'b'", BOTH },
		{ "'a'", BOTH },
		{ "[a]", BOTH },
		{ "\xe5\xaf\x86\xe7\xa0\x81", BOTH },
		{ "\xff\xfe\x80", BOTH },
		{ "$HOME %d ${x}", BOTH },
		{ "a\\\"b", BOTH },
		{ "\\", BOTH },
		{ "a\001b\177", BOTH },
		{ "a\tb", BOTH },
		{ ";a", QUOTED },
		{ "#a", QUOTED },
		{ "a ;b", QUOTED },
		{ "a\t#b", QUOTED },
		{ " a", QUOTED },
		{ "a ", QUOTED },
		{ "\ta\t", QUOTED },
		{ " ", QUOTED },
		{ "\"", QUOTED },
		{ "\"a\"", QUOTED },
		{ "\"a", QUOTED },
		{ "\\\"", BOTH },
		{ "\" ; \\", QUOTED },
	};
	static char long_password[4001];
	struct buf text;

	(void)state;
	buf_init(&text, 8192);
	for (size_t i = 0; i < sizeof passwords / sizeof *passwords; i++) {
		buf_reset(&text);
		quote(&text, passwords[i].password);
		check_password(passwords[i].password, text.data);
		if (passwords[i].form == BOTH)
			check_password(
			    passwords[i].password, passwords[i].password);
	}
	for (size_t i = 0; i < 4000; i++)
		long_password[i] = "ab;#= xyz"[i % 9];
	check_password(long_password, long_password);
	buf_reset(&text);
	quote(&text, long_password);
	check_password(long_password, text.data);
	long_password[200] = '\0';
	check_password(long_password, long_password);
	buf_free(&text);
}

/* No message shows any part of a line that sets, or tries to set, one. */
static void
test_no_secret_shown(void **state)
{
	static const char *const lines[] = {
		"password = \"hunter2",
		"password = \"hunter2\" hunter2",
		"password = \"\\hunter2\"",
		"password = a\rhunter2",
		"password: hunter2",
		"password hunter2",
		"pass word = hunter2",
		"pasword = hunter2",
		"Password = hunter2",
		"password = hunter2\npassword = hunter2",
		"password = hunter2\npassword_file = /a",
		"password = hunter2\nauth = hunter2",
		"password = hunter2\ntls = off",
		"password = a\n  hunter2",
		"password = a\n  hunter2==",
		"password = a\nhunter2=",
		"[password = hunter2]x",
		"port = hunter2",
		"timeout = hunter2",
		"ca_file = hunter2",
		"password_file = hunter2",
		"ehlo = hunter2/",
		"tls_pin = hunter2",
		"tls_cert = hunter2",
		"tls_key = hunter2",
		"source_address = hunter2",
		"proxy = hunter2",
		"proxy = socks5://hunter2@h:1/",
		"proxy = socks5://u:hunter2@h_/:1",
	};
	struct result res;
	struct conf conf;
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		assert_true(snprintf(text, sizeof text, "%suser = u@x\n%s\n",
				HOST, lines[i]) < (int)sizeof text);
		assert_int_equal(parse(&conf, text, &res), -1);
		if (strstr(res.text, "hunter") != NULL)
			fail_msg("%s", res.text);
		conf_clear(&conf);
	}
}

static void
test_long_lines(void **state)
{
	struct result res;
	struct conf conf;
	struct buf text;

	(void)state;
	buf_init(&text, 2000000);
	for (size_t n = 4095; n <= 4097; n++) {
		buf_reset(&text);
		buf_puts(&text, HOST "#");
		while (text.len < strlen(HOST) + n)
			buf_putc(&text, 'x');
		buf_puts(&text, "\r\nport = 1\n");
		assert_int_equal(
		    conf_parse(&conf, "t.ini", text.data, text.len, &res),
		    n <= 4096 ? 0 : -1);
		conf_clear(&conf);
	}
	assert_string_equal(res.text, "t.ini:3: the line is too long");
	while (text.len < 1000000)
		buf_putc(&text, 'x');
	assert_int_equal(
	    conf_parse(&conf, "t.ini", text.data, text.len, &res), -1);
	conf_clear(&conf);
	assert_int_equal(
	    conf_parse(&conf, "t.ini", "[sender]\nname = \0x\n", 19, &res), -1);
	assert_string_equal(res.text, "t.ini:2: a NUL byte");
	conf_clear(&conf);
	buf_free(&text);
}

static bool
is_text(const struct conf_key *key)
{
	return key->type == CONF_STRING || key->type == CONF_SECRET ||
	    key->type == CONF_PATH || key->type == CONF_URL;
}

static void
assert_same(const struct conf *a, const struct conf *b)
{
	const char *x, *y;
	char *s, *t;

	for (size_t i = 0; i < conf_key_count; i++) {
		x = (const char *)a + conf_keys[i].offset;
		y = (const char *)b + conf_keys[i].offset;
		if (!is_text(&conf_keys[i])) {
			assert_memory_equal(x, y,
			    conf_keys[i].type == CONF_TIMES
				? sizeof(struct conf_times)
				: sizeof(long));
			continue;
		}
		memcpy(&s, x, sizeof s);
		memcpy(&t, y, sizeof t);
		if (conf_keys[i].type == CONF_SECRET && *s != '\0')
			assert_string_equal(t, "********");
		else
			assert_string_equal(s, t);
	}
}

static void
test_dump(void **state)
{
	static const char *const texts[] = { HOST, LOGIN,
		"[smarthost]\nhost = a ::1\nport = 25\ntls = starttls\n"
		"auth = login\nuser = \" u@x \"\npassword = \"\\\"s;\"\n"
		"proxy = socks5://h:1\n"
		"timeout = 90s\nwait_timeout = 1500ms\nconnect_timeout = 1d\n"
		"[sender]\nname = \"\\\"x\\\\\"\naddress = \";a\"\n"
		"domain = a\"b\nrewrite = never\n[recipients]\n"
		"local = \"a #b\"\naliases =\n[queue]\nretry = 90 36h 1w\n"
		"directory =\nkeep_failed = 1w\n[log]\nsyslog = local0\n" };
	struct conf a, b;
	struct result res;
	struct buf out;

	(void)state;
	buf_init(&out, 65536);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		buf_reset(&out);
		assert_int_equal(parse(&a, texts[i], &res), 0);
		dump_values(&a, &out);
		assert_false(buf_failed(&out));
		if (parse(&b, out.data, &res) == -1)
			fail_msg("%s\n%s", res.text, out.data);
		assert_same(&a, &b);
		conf_clear(&a);
		conf_clear(&b);
	}
	assert_non_null(strstr(out.data, "timeout = 90s\n"));
	assert_non_null(strstr(out.data, "password = ********\n"));
	assert_non_null(strstr(out.data, "retry = 90s 36h 7d\n"));
	assert_non_null(strstr(out.data, "keep_failed = 7d\n"));
	buf_free(&out);
}

/* Who logs in to a proxy, and how, is not shown; and the rest is. */
static void
test_dump_proxy(void **state)
{
	static const struct {
		const char *value, *shown;
	} rows[] = {
		{ "socks5://h:1", "proxy = socks5://h:1 " },
		{ "socks5://u@h:1", "proxy = socks5://********@h:1 " },
		{ "SOCKS5://u:p@h:1", "proxy = SOCKS5://********@h:1 " },
		{ "socks5://u:p@q@[::1]:1",
		    "proxy = socks5://********@[::1]:1 " },
		{ "socks5://u:a://b@h:1", "proxy = socks5://********@h:1 " },
		{ "\"socks5://u: #p@h:1\"", "proxy = socks5://********@h:1 " },
	};
	struct result res;
	struct conf conf;
	struct buf text, out;

	(void)state;
	buf_init(&text, 4096);
	buf_init(&out, 65536);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		buf_reset(&text);
		buf_reset(&out);
		buf_printf(&text, HOST "proxy = %s\n", rows[i].value);
		if (parse(&conf, text.data, &res) == -1)
			fail_msg("%s", res.text);
		conf_dump(&conf, &out);
		if (strstr(out.data, rows[i].shown) == NULL)
			fail_msg("%s: %s", rows[i].value, out.data);
		conf_clear(&conf);
	}
	buf_free(&text);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_passwords),
		cmocka_unit_test(test_no_secret_shown),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_dump),
		cmocka_unit_test(test_dump_proxy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
