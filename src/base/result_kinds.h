/*
 * result_kinds: the table of all the ways a step can end: KIND, sysexits code,
 * enhanced status (RFC 3463), TEMPORARY or PERMANENT, and what to do about it
 * in English and in Chinese ("" where the text of the result says it all).
 * What is known of a single provider's words is in etc/providers.ini instead.
 */
#ifndef BASE_RESULT_KINDS_H
#define BASE_RESULT_KINDS_H

#include "base/result_answers.h"

/* clang-format off */
#define RESULT_KINDS(X) \
	X(OK, EX_OK, "2.0.0", PERMANENT, "", "") \
	X(USAGE, EX_USAGE, "5.5.4", PERMANENT, "", "") \
	X(MODE, EX_UNAVAILABLE, "5.3.3", PERMANENT, "", "") \
	X(CONFIG, EX_CONFIG, "5.3.5", PERMANENT, "", "") \
	X(DENIED, EX_CONFIG, "5.3.5", PERMANENT, "", "") \
	X(COMMAND, EX_TEMPFAIL, "4.3.5", TEMPORARY, "", "") \
	X(NOPERM, EX_NOPERM, "5.7.0", PERMANENT, "", "") \
	X(NOINPUT, EX_NOINPUT, "5.6.0", PERMANENT, "", "") \
	X(INPUT, EX_IOERR, "5.6.0", PERMANENT, "", "") \
	X(DATA, EX_DATAERR, "5.6.0", PERMANENT, "", "") \
	X(ADDRESS, EX_DATAERR, "5.1.3", PERMANENT, "", "") \
	X(UTF8_ADDRESS, EX_DATAERR, "5.6.7", PERMANENT, "", "") \
	X(CONVERSION, EX_DATAERR, "5.6.3", PERMANENT, "", "") \
	X(LOOP, EX_DATAERR, "5.4.6", PERMANENT, "", "") \
	X(ALIAS, EX_UNAVAILABLE, "5.2.4", PERMANENT, "", "") \
	X(TOO_BIG, EX_DATAERR, "5.3.4", PERMANENT, "", "") \
	X(SYSTEM, EX_TEMPFAIL, "4.3.0", TEMPORARY, "", "") \
	X(CREATE, EX_CANTCREAT, "5.3.0", PERMANENT, "", "") \
	X(STORAGE, EX_TEMPFAIL, "4.3.1", TEMPORARY, "", "") \
	X(CORRUPT, EX_DATAERR, "5.3.0", PERMANENT, "", "") \
	X(NEWER, EX_TEMPFAIL, "4.3.0", TEMPORARY, \
	    "A newer version of outpost wrote it: install that again.", \
	    "此文件由更新版本的 outpost 写入：请重新安装该版本。") \
	X(BUSY, EX_TEMPFAIL, "4.3.2", TEMPORARY, "", "") \
	X(HANDED_OVER, EX_TEMPFAIL, "4.3.0", TEMPORARY, "", "") \
	X(EXPIRED, EX_UNAVAILABLE, "5.4.7", PERMANENT, "", "") \
	X(BUG, EX_SOFTWARE, "5.3.0", PERMANENT, \
	    "Please report this.", "这是程序缺陷，请报告。") \
	X(RESOLVE, EX_TEMPFAIL, "4.4.3", TEMPORARY, \
	    "Check `host` in the configuration and this machine's DNS.", \
	    "请检查配置中的 host 和本机的 DNS。") \
	X(CONNECT, EX_TEMPFAIL, "4.4.1", TEMPORARY, \
	    "Check `host` (most often smtp. and the domain), `port` and this " \
	    "machine's firewall; most clouds block port 25: use 465.", \
	    "请检查 host（一般是 smtp. 加域名）和 port，以及防火墙是否放行；" \
	    "云主机通常封 25 端口，请用 465。") \
	X(LOST, EX_TEMPFAIL, "4.4.2", TEMPORARY, "", "") \
	X(TIMEOUT, EX_TEMPFAIL, "4.4.2", TEMPORARY, "", "") \
	X(NO_GREETING, EX_TEMPFAIL, "4.4.2", TEMPORARY, \
	    "This port may want TLS from the start: set `tls = implicit`, " \
	    "most often with `port = 465`.", \
	    "此端口可能要求直接 TLS：请设 tls = implicit，通常配 port = 465。") \
	X(PROTOCOL, EX_TEMPFAIL, "4.5.0", TEMPORARY, "", "") \
	X(INTERRUPTED, EX_TEMPFAIL, "4.3.0", TEMPORARY, "", "") \
	X(TLS, EX_TEMPFAIL, "4.7.5", TEMPORARY, "", "") \
	X(NOT_TLS, EX_TEMPFAIL, "4.7.5", TEMPORARY, \
	    "Set `tls = starttls` for this port, or use `port = 465`.", \
	    "此端口请设 tls = starttls，或改用 port = 465。") \
	X(NOT_SMTP, EX_TEMPFAIL, "4.5.0", TEMPORARY, \
	    "Set `host` and `port` to the server for sending mail (SMTP).", \
	    "请把 host 和 port 设为发信服务器（SMTP）的地址和端口。") \
	X(CERTIFICATE, EX_TEMPFAIL, "4.7.5", TEMPORARY, "", "") \
	X(CERT_NAME, EX_TEMPFAIL, "4.7.5", TEMPORARY, \
	    "Set `host` to a name that the certificate is for.", \
	    "请把 host 设为证书中的名字。") \
	X(CERT_TIME, EX_TEMPFAIL, "4.7.5", TEMPORARY, \
	    "If this machine's clock is right, the server's owner must " \
	    "renew it.", \
	    "请检查本机时钟；若时钟正确，需由服务器一方更新证书。") \
	X(CERT_TRUST, EX_TEMPFAIL, "4.7.5", TEMPORARY, \
	    "Install or update ca-certificates, or name the authority's " \
	    "certificate in `ca_file`.", \
	    "请安装或更新 ca-certificates，或用 ca_file 指定签发者的证书。") \
	X(CERT_PIN, EX_TEMPFAIL, "4.7.5", TEMPORARY, \
	    "If the server's owner confirms that this is its key, put it into " \
	    "`tls_pin`; if not, somebody may be in between.", \
	    "若服务器一方确认这是它的密钥，请把上面的值写入 tls_pin；" \
	    "否则可能有人在中间截听。") \
	X(NO_STARTTLS, EX_TEMPFAIL, "4.7.4", TEMPORARY, \
	    "Use `tls = implicit` with `port = 465`.", \
	    "请用 tls = implicit 和 port = 465。") \
	X(AUTH, EX_TEMPFAIL, "4.7.8", TEMPORARY, \
	    "Check `user` and `password`; many providers want an " \
	    "authorisation code or app password, not the login password.", \
	    "请检查 user 和 password；许多邮箱要用授权码或应用专用密码，" \
	    "不能用登录密码。") \
	X(NO_AUTH, EX_TEMPFAIL, "4.7.8", TEMPORARY, \
	    "Set `host` to the server for sending mail, not to an MX, and use " \
	    "TLS; where no login is needed, set `auth = off`.", \
	    "请把 host 设为发信服务器（不是收信的 MX），并使用 TLS；" \
	    "若服务器不需要登录，请设 auth = off。") \
	X(AUTH_METHOD, EX_TEMPFAIL, "4.7.8", TEMPORARY, \
	    "Set `auth` to one that is offered.", \
	    "请把 auth 设为服务器提供的方式之一。") \
	X(DOWNGRADE, EX_TEMPFAIL, "4.7.8", TEMPORARY, \
	    "If the server's owner confirms that it offers no more than this, " \
	    "set `auth = plain`, say; if not, somebody may be in between.", \
	    "若服务器一方确认现在只提供这些登录方式，请写明 auth，例如 " \
	    "auth = plain；否则可能有人在中间截听。") \
	RESULT_ANSWERS(X)
/* clang-format on */

#endif
