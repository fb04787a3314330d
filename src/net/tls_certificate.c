#include "config.h"

#include <arpa/inet.h>
#include <bsd/string.h>
#include <openssl/x509v3.h>
#include <time.h>

#include "base/text.h"
#include "net/tls_certificate.h"

#define NAMES_MAX 3 /* shown */
#define NAME_MAX_SHOWN 100

static void
add_string(struct buf *b, const ASN1_STRING *s)
{
	char shown[NAME_MAX_SHOWN];

	buf_puts(b,
	    text_escape(shown, sizeof shown,
		(const char *)ASN1_STRING_get0_data(s),
		(size_t)ASN1_STRING_length(s)));
}

static void
add_address(struct buf *b, const ASN1_OCTET_STRING *s)
{
	char shown[INET6_ADDRSTRLEN];
	int family = ASN1_STRING_length(s) == 4 ? AF_INET : AF_INET6;

	if (ASN1_STRING_length(s) != 4 && ASN1_STRING_length(s) != 16)
		buf_puts(b, "?");
	else if (inet_ntop(family, ASN1_STRING_get0_data(s), shown,
		     sizeof shown) != NULL)
		buf_puts(b, shown);
}

void
tls_certificate_put_names(struct buf *b, const X509 *cert)
{
	GENERAL_NAMES *names;
	const GENERAL_NAME *name;
	int shown = 0, more = 0;

	names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		name = sk_GENERAL_NAME_value(names, i);
		if (name->type != GEN_DNS && name->type != GEN_IPADD)
			continue;
		if (shown == NAMES_MAX) {
			more++;
			continue;
		}
		buf_puts(b, shown++ == 0 ? "" : ", ");
		if (name->type == GEN_DNS)
			add_string(b, name->d.dNSName);
		else
			add_address(b, name->d.iPAddress);
	}
	if (more > 0)
		buf_printf(b, " and %d more", more);
	if (shown == 0)
		buf_puts(b, "no host (a CN alone does not count)");
	GENERAL_NAMES_free(names);
}

void
tls_certificate_put_dn(struct buf *b, const X509_NAME *dn)
{
	int i = X509_NAME_get_index_by_NID(dn, NID_commonName, -1);
	const X509_NAME_ENTRY *e;

	if (i == -1)
		i = X509_NAME_entry_count(dn) - 1;
	e = X509_NAME_get_entry(dn, i);
	if (e == NULL) {
		buf_puts(b, "without a name");
		return;
	}
	buf_printf(
	    b, "%s=", OBJ_nid2sn(OBJ_obj2nid(X509_NAME_ENTRY_get_object(e))));
	add_string(b, X509_NAME_ENTRY_get_data(e));
}

void
tls_certificate_put_day(struct buf *b, const ASN1_TIME *at)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(at, &tm) == 1)
		buf_printf(b, "%04d-%02d-%02d", tm.tm_year + 1900,
		    tm.tm_mon + 1, tm.tm_mday);
	else
		buf_puts(b, "an unknown day");
}

int
tls_certificate_pin(struct pin *pin, const X509 *cert)
{
	unsigned char *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);

	if (n <= 0)
		return -1;
	pin_make(pin, der, (size_t)n);
	OPENSSL_free(der);
	return 0;
}

/* Seconds since 1970; 0: not to be told. */
static int64_t
seconds(const ASN1_TIME *at)
{
	struct tm tm;

	return ASN1_TIME_to_tm(at, &tm) == 1 ? timegm(&tm) : 0;
}

void
tls_certificate_read(struct tls_certificate *c, const X509 *cert)
{
	struct pin pin;
	struct buf b;

	buf_init(&b, TLS_CERTIFICATE_TEXT_MAX - 1);
	tls_certificate_put_names(&b, cert);
	strlcpy(c->names, b.data, sizeof c->names);
	buf_reset(&b);
	tls_certificate_put_dn(&b, X509_get_issuer_name(cert));
	strlcpy(c->issuer, b.data, sizeof c->issuer);
	buf_free(&b);
	c->begins = seconds(X509_get0_notBefore(cert));
	c->ends = seconds(X509_get0_notAfter(cert));
	c->key[0] = '\0';
	if (tls_certificate_pin(&pin, cert) == 0)
		pin_write(c->key, &pin);
}
