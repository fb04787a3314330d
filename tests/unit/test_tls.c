#include "config.h"

#include <dirent.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/pin.h"
#include "net/stream.h"
#include "net/tls.h"
#include "peer.h"

#define LONG 20000 /* ms: a test that waits so long has failed */
#define COUNT(table) (sizeof(table) / sizeof *(table))
#define OTHER_PIN "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static struct result res;

static void
greet(struct peer *p)
{
	if (peer_accept(p) == 1) {
		peer_say(p, "220 hello\r\n");
		(void)SSL_shutdown(p->ssl);
	}
}

static struct tls_certificate shown; /* by the server met last */
static int none_shown; /* -1: none */

/* Makes the handshake with a server of that context as `host`; 0 when it
 * succeeded and the server's words came through. */
static int
meet(SSL_CTX *ctx, const struct tls *tls, const char *host, char *sni)
{
	struct deadline until = deadline_in(LONG, -1);
	struct stream *s;
	struct peer p;
	size_t got = 0;
	char line[64];
	int rv;

	assert_int_equal(stream_new(&s, peer_start(&p, ctx, greet), &res), 0);
	rv = stream_start_tls(s, tls, host, until, &res);
	if (rv == 0) {
		assert_int_equal(
		    stream_read(s, line, sizeof line, &got, until, &res), 0);
		assert_memory_equal(line, "220 hello\r\n", 11);
	}
	assert_int_equal(stream_describe(s)[0] == '\0', rv == -1);
	none_shown = stream_certificate(s, &shown);
	stream_close(s);
	peer_join(&p);
	if (sni != NULL)
		memcpy(sni, p.sni, sizeof p.sni);
	return rv;
}

/* In what follows the host is smtp.example unless it says otherwise. */
struct row {
	const char *name;
	struct peer_cert cert;
	const char *host;
	const char *want; /* NULL: accepted; else part of the text */
	const char *sni; /* NULL: none to be sent */
};

#define NAMED(n) \
	{ \
		.cn = "x", .names = n \
	}
#define HOST "smtp.example"

static const struct row rows[] = {
	{ "good", NAMED("DNS:smtp.example"), HOST, NULL, HOST },
	{ "second name", NAMED("DNS:a.example,DNS:smtp.example"), HOST, NULL,
	    HOST },
	{ "other case", NAMED("DNS:SMTP.Example"), HOST, NULL, HOST },
	{ "final dot", NAMED("DNS:smtp.example"), "smtp.example.", NULL, HOST },
	{ "wildcard", NAMED("DNS:*.mail.example"), "smtp.mail.example", NULL,
	    "smtp.mail.example" },
	{ "wildcard, two labels", NAMED("DNS:*.mail.example"),
	    "a.b.mail.example", "it is for *.mail.example, not for a.b", NULL },
	{ "wildcard, none", NAMED("DNS:*.mail.example"), "mail.example",
	    "not for mail.example", NULL },
	{ "part of a label", NAMED("DNS:s*.mail.example"), "smtp.mail.example",
	    "it is for s*.mail.example, not", NULL },
	{ "wrong name", NAMED("DNS:other.example"), HOST,
	    "smtp.example: certificate not accepted: it is for other.example, "
	    "not for smtp.example",
	    NULL },
	{ "many names",
	    NAMED("DNS:a.example,IP:192.0.2.1,DNS:c.example,DNS:d,DNS:e"), HOST,
	    "it is for a.example, 192.0.2.1, c.example and 2 more, not", NULL },
	{ "CN only", { .cn = HOST }, HOST,
	    "it is for no host (a CN alone does not count), not for smtp",
	    NULL },
	{ "CN beside another name", { .cn = HOST, .names = "DNS:a.example" },
	    HOST, "it is for a.example, not for smtp.example", NULL },
	{ "mail name only", NAMED("email:a@smtp.example"), HOST,
	    "it is for no host", NULL },
	/* smtp.example NUL .evil */
	{ "NUL in the name",
	    NAMED("DER:30:14:82:12:73:6d:74:70:2e:65:78:61:6d:70:6c:65:00:2e:"
		  "65:76:69:6c"),
	    HOST, "it is for smtp.example\\x00.evil, not for smtp", NULL },
	{ "IPv4", NAMED("IP:127.0.0.1"), "127.0.0.1", NULL, "" },
	{ "IPv6", NAMED("IP:::1"), "::1", NULL, "" },
	{ "IPv6 in brackets", NAMED("IP:::1"), "[::1]", NULL, "" },
	{ "IPv6 with a zone", NAMED("IP:fe80::1"), "fe80::1%lo", NULL, "" },
	{ "wrong IP", NAMED("IP:127.0.0.2"), "127.0.0.1",
	    "it is for 127.0.0.2, not for 127.0.0.1", NULL },
	{ "wrong IPv6", NAMED("IP:::2"), "::1", "it is for ::2, not for ::1",
	    NULL },
	{ "IP as a name", NAMED("DNS:127.0.0.1"), "127.0.0.1",
	    "not for 127.0.0.1", NULL },
	{ "IP as CN", { .cn = "127.0.0.1" }, "127.0.0.1",
	    "it is for no host (a CN alone does not count), not for 127",
	    NULL },
	{ "expired",
	    { .cn = "x",
		.names = "DNS:smtp.example",
		.from = -9 * PEER_DAY,
		.until = -PEER_DAY },
	    HOST, "certificate not accepted: it has expired (on 20", NULL },
	{ "not yet valid",
	    { .cn = "x",
		.names = "DNS:smtp.example",
		.from = PEER_DAY,
		.until = 2 * PEER_DAY },
	    HOST, "it is not valid before 20", NULL },
	{ "self-signed",
	    { .cn = HOST, .names = "DNS:smtp.example", .signer = PEER_ITSELF },
	    HOST,
	    "it is self-signed, and not trusted here; its key is sha256//",
	    NULL },
	{ "unknown authority",
	    { .cn = HOST,
		.names = "DNS:smtp.example",
		.signer = PEER_STRANGER },
	    HOST,
	    "it is signed by an authority that is not trusted here (issuer "
	    "CN=Stranger)",
	    NULL },
	{ "expired authority",
	    { .cn = HOST,
		.names = "DNS:smtp.example",
		.signer = PEER_EXPIRED_CA },
	    HOST, "in its chain, CN=Old CA: it has expired (on 20", NULL },
	{ "weak key",
	    { .cn = HOST, .names = "DNS:smtp.example", .key = PEER_RSA_1024 },
	    HOST, "key too weak", NULL },
};

/* The kind, by what the text says. */
static enum result_kind
kind_of(const char *text)
{
	static const struct {
		const char *part;
		enum result_kind kind;
	} kinds[] = {
		{ "it is for", RESULT_CERT_NAME },
		{ "expired", RESULT_CERT_TIME },
		{ "not valid before", RESULT_CERT_TIME },
		{ "self-signed", RESULT_CERT_PIN },
		{ "not trusted", RESULT_CERT_TRUST },
	};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strstr(text, kinds[i].part) != NULL)
			return kinds[i].kind;
	return RESULT_CERTIFICATE;
}

/* What a server shows is read, be it accepted or not. */
static void
check_shown(const struct peer_cert *cert)
{
	static const char *const issuers[] = { [PEER_CA] = "CN=Test CA",
		[PEER_STRANGER] = "CN=Stranger",
		[PEER_EXPIRED_CA] = "CN=Old CA" };
	bool is_dated = cert->from != 0 || cert->until != 0;
	int64_t now = time(NULL);

	assert_int_equal(none_shown, 0);
	if (cert->signer != PEER_ITSELF)
		assert_string_equal(shown.issuer, issuers[cert->signer]);
	assert_in_range(
	    shown.begins - now - (is_dated ? cert->from : -PEER_DAY) + 60, 0,
	    120);
	assert_in_range(
	    shown.ends - now - (is_dated ? cert->until : PEER_DAY) + 60, 0,
	    120);
	assert_int_equal(strncmp(shown.key, "sha256//", 8), 0);
	if (cert->names != NULL && strncmp(cert->names, "DNS:", 4) == 0)
		assert_int_equal(strncmp(shown.names, cert->names + 4,
				     strcspn(cert->names + 4, ",")),
		    0);
	else if (cert->names == NULL)
		assert_string_equal(
		    shown.names, "no host (a CN alone does not count)");
}

static void
certificates(void **state)
{
	struct tls *tls = peer_trust(TLS_MIN_1_2);
	char sni[64];
	int rv;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *r = &rows[i];

		rv = meet(peer_context(&r->cert), tls, r->host, sni);
		if (rv != (r->want == NULL ? 0 : -1))
			fail_msg("%s: %s", r->name, rv == 0 ? "ok" : res.text);
		check_shown(&r->cert);
		if (rv == 0) {
			assert_string_equal(sni, r->sni);
			continue;
		}
		assert_int_equal(res.kind, kind_of(res.text));
		if (strstr(res.text, r->want) == NULL)
			fail_msg("%s: %s", r->name, res.text);
	}
	tls_free(tls);
}

static const struct peer_cert good = NAMED("DNS:smtp.example");

static void
versions(void **state)
{
	static const struct {
		int server_max;
		enum tls_min min;
		const char *want;
	} cases[] = {
		{ TLS1_3_VERSION, TLS_MIN_1_2, NULL },
		{ TLS1_2_VERSION, TLS_MIN_1_2, NULL },
		{ TLS1_1_VERSION, TLS_MIN_1_2, "as tls_min" },
		{ TLS1_VERSION, TLS_MIN_1_2, "as tls_min" },
		{ TLS1_3_VERSION, TLS_MIN_1_3, NULL },
		{ TLS1_2_VERSION, TLS_MIN_1_3, "as tls_min" },
	};
	struct tls *tls;
	SSL_CTX *ctx;
	int rv;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		tls = peer_trust(cases[i].min);
		ctx = peer_context(&good);
		SSL_CTX_set_max_proto_version(ctx, cases[i].server_max);
		rv = meet(ctx, tls, HOST, NULL);
		assert_int_equal(rv, cases[i].want == NULL ? 0 : -1);
		if (rv == -1) {
			assert_int_equal(res.kind, RESULT_TLS);
			assert_non_null(strstr(res.text, cases[i].want));
			assert_int_equal(none_shown, -1);
		}
		tls_free(tls);
	}
}

/* Nothing in common: anonymous, and NULL encryption only. */
static void
worthless_ciphers(void **state)
{
	static const char *const lists[] = { "ADH", "AECDH", "eNULL" };
	struct tls *tls = peer_trust(TLS_MIN_1_2);
	SSL_CTX *ctx;

	(void)state;
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		ctx = peer_context(&good);
		SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
		SSL_CTX_set_dh_auto(ctx, 1);
		assert_int_equal(SSL_CTX_set_cipher_list(ctx, lists[i]), 1);
		assert_int_equal(meet(ctx, tls, HOST, NULL), -1);
		assert_int_equal(res.kind, RESULT_TLS);
		assert_string_equal(res.text,
		    "smtp.example: TLS failed: the server finds no cipher or "
		    "key that it accepts");
	}
	tls_free(tls);
}

static void
long_host(void **state)
{
	struct tls *tls = peer_trust(TLS_MIN_1_2);
	char host[300];

	(void)state;
	memset(host, 'a', sizeof host);
	host[sizeof host - 1] = '\0';
	assert_int_equal(meet(peer_context(&good), tls, host, NULL), -1);
	assert_int_equal(res.kind, RESULT_TLS);
	tls_free(tls);
}

/* Makes a file of `text` (NULL: of what peer_ca_file() has), "" for none. */
static void
make_file(const char *path, const char *text)
{
	char pem[8192];
	size_t n;
	FILE *f;

	if (text == NULL) {
		f = fopen(peer_ca_file(), "r");
		assert_non_null(f);
		n = fread(pem, 1, sizeof pem - 1, f);
		pem[n] = '\0';
		assert_int_equal(fclose(f), 0);
	}
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text == NULL ? pem : text, f);
	assert_int_equal(fclose(f), 0);
}

/* A named store that cannot be used is an error at once. */
static void
bad_stores(void **state)
{
	char dir[] = "/tmp/outpost-test-tls-XXXXXX", empty[64], path[64];
	const struct {
		const char *file, *path, *want;
	} cases[] = {
		{ path, NULL, "No such file or directory" },
		{ empty, NULL, "no certificate" },
		{ dir, NULL, "no certificate" },
		{ NULL, path, "No such file or directory" },
		{ NULL, empty, "Not a directory" },
		{ NULL, dir, "none under its hash" },
		{ peer_ca_file(), dir, "none under its hash" },
	};
	struct tls *tls;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/absent", dir);
	snprintf(empty, sizeof empty, "%s/empty", dir);
	make_file(empty, "nothing here\n");
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct tls_rules rules = { .ca_file = cases[i].file,
			.ca_path = cases[i].path };

		assert_int_equal(tls_new(&tls, &rules, &res), -1);
		assert_null(tls);
		assert_int_equal(res.kind, RESULT_CONFIG);
		if (strstr(res.text, cases[i].want) == NULL)
			fail_msg("%zu: %s", i, res.text);
	}
	unlink(empty);
	rmdir(dir);
}

/* The name under which OpenSSL looks for the authority in a directory. */
static void
hash_name(char *dst, size_t size, const char *dir)
{
	X509_NAME *name = X509_NAME_new();

	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
	    (const unsigned char *)"Test CA", -1, -1, 0);
	snprintf(dst, size, "%s/%08lx.0", dir,
	    X509_NAME_hash_ex(name, NULL, NULL, NULL));
	X509_NAME_free(name);
}

static void
hashed_directory(void **state)
{
	char dir[] = "/tmp/outpost-test-tls-XXXXXX", path[64];
	struct tls_rules rules = { .ca_path = dir };
	struct tls *tls;

	(void)state;
	assert_non_null(mkdtemp(dir));
	hash_name(path, sizeof path, dir);
	make_file(path, NULL);
	assert_int_equal(tls_new(&tls, &rules, &res), 0);
	assert_int_equal(meet(peer_context(&good), tls, HOST, NULL), 0);
	tls_free(tls);
	unlink(path);
	rmdir(dir);
}

/* Neither the system's store nor what the environment names counts beside
 * the rules. */
static void
environment(void **state)
{
	struct tls_rules rules = { .ca_file = "" };
	struct tls *tls;

	(void)state;
	setenv("SSL_CERT_FILE", peer_ca_file(), 1);
	setenv("SSL_CERT_DIR", "/tmp", 1);
	if (tls_new(&tls, &rules, &res) == -1) {
		assert_non_null(strstr(res.text, "ca-certificates"));
		return;
	}
	assert_int_equal(meet(peer_context(&good), tls, HOST, NULL), -1);
	assert_int_equal(res.kind, RESULT_CERT_TRUST);
	assert_non_null(strstr(res.text, "CN=Test CA"));
	tls_free(tls);
	unsetenv("SSL_CERT_FILE");
	unsetenv("SSL_CERT_DIR");
}

/* Writes `form` with `text` in place of each %s. */
static void
fill_in(char *dst, size_t size, const char *form, const char *text)
{
	size_t n = 0;

	for (; *form != '\0'; form++) {
		assert_true(n + strlen(text) + 1 < size);
		if (strncmp(form, "%s", 2) != 0) {
			dst[n++] = *form;
			continue;
		}
		n += (size_t)snprintf(dst + n, size - n, "%s", text);
		form++;
	}
	dst[n] = '\0';
}

/* The pin of the key of a server with that context. */
static void
pin_of(SSL_CTX *ctx, struct pin *pin)
{
	X509 *cert = SSL_CTX_get0_certificate(ctx);
	unsigned char *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);

	assert_true(n > 0);
	pin_make(pin, der, (size_t)n);
	OPENSSL_free(der);
}

/* Whatever else is wrong with the certificate, it is its key that counts. */
static void
pinned_keys(void **state)
{
	static const struct peer_cert certs[] = {
		NAMED("DNS:smtp.example"),
		NAMED("DNS:other.example"),
		{ .cn = "127.0.0.1", .signer = PEER_ITSELF },
		{ .cn = "x", .signer = PEER_STRANGER },
		{ .cn = "x", .from = -9 * PEER_DAY, .until = -PEER_DAY },
		{ .cn = "x", .from = PEER_DAY, .until = 2 * PEER_DAY },
	};
	/* %s: the server's */
	static const struct {
		const char *pins;
		int want;
	} cases[] = {
		{ "%s", 0 },
		{ OTHER_PIN " %s", 0 },
		{ OTHER_PIN, -1 },
		{ OTHER_PIN " " OTHER_PIN, -1 },
	};
	char text[PIN_TEXT_SIZE], pins[256], want[256];
	struct tls_rules rules = { .pins = pins };
	struct tls *tls;
	struct pin pin;
	SSL_CTX *ctx;

	(void)state;
	for (size_t i = 0; i < COUNT(certs) * COUNT(cases); i++) {
		ctx = peer_context(&certs[i % COUNT(certs)]);
		pin_of(ctx, &pin);
		pin_write(text, &pin);
		fill_in(pins, sizeof pins, cases[i / COUNT(certs)].pins, text);
		assert_int_equal(tls_new(&tls, &rules, &res), 0);
		assert_int_equal(
		    meet(ctx, tls, HOST, NULL), cases[i / COUNT(certs)].want);
		tls_free(tls);
		if (cases[i / COUNT(certs)].want == 0)
			continue;
		assert_int_equal(res.kind, RESULT_CERT_PIN);
		snprintf(want, sizeof want,
		    HOST ": certificate not accepted: its key is none of those "
			 "in tls_pin, but %s",
		    text);
		assert_string_equal(res.text, want);
	}
}

/* An authority's key says nothing of the server. */
static void
pinned_authority(void **state)
{
	char text[PIN_TEXT_SIZE];
	struct tls_rules rules = { .pins = text };
	SSL_CTX *ctx = peer_context(&rows[0].cert);
	STACK_OF(X509) * chain;
	SSL_CTX *other = SSL_CTX_new(TLS_server_method());
	struct tls *tls;
	struct pin pin;

	(void)state;
	SSL_CTX_get0_chain_certs(ctx, &chain);
	SSL_CTX_use_certificate(other, sk_X509_value(chain, 0));
	pin_of(other, &pin);
	SSL_CTX_free(other);
	pin_write(text, &pin);
	assert_int_equal(tls_new(&tls, &rules, &res), 0);
	assert_int_equal(meet(ctx, tls, HOST, NULL), -1);
	assert_int_equal(res.kind, RESULT_CERT_PIN);
	tls_free(tls);
}

static void
bad_pins(void **state)
{
	static const char *const bad[] = { "sha256//x", " ", "x" };
	struct tls *tls;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct tls_rules rules = { .pins = bad[i] };

		assert_int_equal(tls_new(&tls, &rules, &res), -1);
		assert_null(tls);
		assert_int_equal(res.kind, RESULT_CONFIG);
	}
}

/* Files of a certificate of our own, in a directory. */
static const struct own {
	const char *name;
	const char *cert, *key; /* names of the files; key "": the same */
	const char *want; /* part of the text, or NULL: taken */
	mode_t mode; /* of the key's file */
} owns[] = {
	{ "two files", "cert", "key", NULL, 0600 },
	{ "one file", "both", "", NULL, 0600 },
	{ "one file, twice", "both", "both", NULL, 0400 },
	{ "read by the group", "cert", "key", NULL, 0640 },
	{ "read by others", "cert", "key",
	    "tls_key: %s/key: holds a private key, and others may read or "
	    "write to it; run: chmod g-w,o-rwx %s/key",
	    0644 },
	{ "written by the group", "both", "", "run: chmod g-w,o-rwx %s/both",
	    0620 },
	{ "no certificate", "absent", "key",
	    "tls_cert: %s/absent: No such file or directory", 0600 },
	{ "no key", "cert", "absent", "tls_key: %s/absent: No such", 0600 },
	{ "a directory", "", "key", "tls_cert: %s/: not a regular file", 0600 },
	{ "no certificate in it", "key", "key",
	    "tls_cert: %s/key: no certificate that can be used: no start line",
	    0600 },
	{ "no key in it", "cert", "",
	    "tls_key: %s/cert: no key that can be used: ", 0600 },
	{ "garbage", "garbage", "key",
	    "tls_cert: %s/garbage: no certificate that can be used: ", 0600 },
	{ "garbage after it", "trailed", "key",
	    "tls_cert: %s/trailed: no certificate that can be used: ", 0600 },
	{ "weak", "weak", "",
	    "tls_cert: %s/weak: no certificate that can be used: ee key too",
	    0600 },
	{ "another key", "both", "key",
	    "tls_key: %s/key: not the key of the certificate: key values mis",
	    0600 },
	{ "encrypted", "cert", "locked",
	    "tls_key: %s/locked: the key is encrypted, and nobody is asked for "
	    "its password",
	    0600 },
};

static const char *const own_files[] = { "cert", "key", "both", "weak",
	"garbage", "trailed", "locked" };

static void
make_own(const char *dir)
{
	static const struct peer_cert weak = { .cn = "x",
		.key = PEER_RSA_1024 };
	char at[COUNT(own_files)][64];
	EVP_PKEY *key = EVP_EC_gen("P-256");
	FILE *f;

	for (size_t i = 0; i < COUNT(own_files); i++)
		snprintf(at[i], sizeof at[i], "%s/%s", dir, own_files[i]);
	peer_write(&rows[0].cert, at[0], at[1]);
	peer_write(&rows[0].cert, at[2], at[2]);
	peer_write(&weak, at[3], at[3]);
	make_file(at[4],
	    "-----BEGIN CERTIFICATE-----\nAAAA\n"
	    "-----END CERTIFICATE-----\n");
	make_file(at[5], NULL);
	f = fopen(at[5], "a");
	assert_non_null(f);
	fputs("-----BEGIN CERTIFICATE-----\nAAAA\n", f);
	assert_int_equal(fclose(f), 0);
	f = fopen(at[6], "w");
	assert_non_null(f);
	PEM_write_PKCS8PrivateKey(
	    f, key, EVP_aes_128_cbc(), "hunter2", 7, NULL, NULL);
	assert_int_equal(fclose(f), 0);
	EVP_PKEY_free(key);
}

static void
try_own(const struct own *o, const char *dir)
{
	char cert[64], key[64] = "", want[256];
	struct tls_rules rules = {
		.ca_file = peer_ca_file(), .cert = cert, .key = key
	};
	struct tls *tls;
	int rv;

	snprintf(cert, sizeof cert, "%s/%s", dir, o->cert);
	if (o->key[0] != '\0')
		snprintf(key, sizeof key, "%s/%s", dir, o->key);
	(void)chmod(key[0] != '\0' ? key : cert, o->mode);
	rv = tls_new(&tls, &rules, &res);
	tls_free(tls);
	if (rv != (o->want == NULL ? 0 : -1))
		fail_msg("%s: %s", o->name, rv == 0 ? "ok" : res.text);
	if (rv == 0)
		return;
	assert_null(tls);
	assert_int_equal(res.kind, RESULT_CONFIG);
	fill_in(want, sizeof want, o->want, dir);
	if (strstr(res.text, want) == NULL ||
	    strstr(res.text, "hunter2") != NULL)
		fail_msg("%s: %s", o->name, res.text);
}

static void
own_certificates(void **state)
{
	char dir[] = "/tmp/outpost-test-tls-XXXXXX", path[64];

	(void)state;
	assert_non_null(mkdtemp(dir));
	make_own(dir);
	for (size_t i = 0; i < COUNT(owns); i++)
		try_own(&owns[i], dir);
	for (size_t i = 0; i < COUNT(own_files); i++) {
		snprintf(path, sizeof path, "%s/%s", dir, own_files[i]);
		unlink(path);
	}
	rmdir(dir);
}

static int
clean(void **state)
{
	(void)state;
	peer_clean();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(certificates),
		cmocka_unit_test(versions),
		cmocka_unit_test(worthless_ciphers),
		cmocka_unit_test(long_host),
		cmocka_unit_test(bad_stores),
		cmocka_unit_test(hashed_directory),
		cmocka_unit_test(environment),
		cmocka_unit_test(pinned_keys),
		cmocka_unit_test(pinned_authority),
		cmocka_unit_test(bad_pins),
		cmocka_unit_test(own_certificates),
	};

	return cmocka_run_group_tests(tests, NULL, clean);
}
