#include "config.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <resolv.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/srv.h"

#define COUNT(table) (sizeof table / sizeof *table)
#define ANSWER_MAX 4096

/* An answer of the DNS, as it is put together. */
struct answer {
	unsigned char at[ANSWER_MAX];
	size_t n;
	unsigned records;
};

static void
put(struct answer *a, const void *p, size_t n)
{
	assert_true(a->n + n <= sizeof a->at);
	memcpy(a->at + a->n, p, n);
	a->n += n;
}

static void
put16(struct answer *a, unsigned number)
{
	put(a, (unsigned char[]){ (number >> 8) & 255, number & 255 }, 2);
}

/* Labels with their lengths before them, and the root. */
static void
put_name(struct answer *a, const char *name)
{
	size_t n;

	for (; *name != '\0'; name += n + (name[n] == '.')) {
		n = strcspn(name, ".");
		put(a, (unsigned char[]){ (unsigned char)n }, 1);
		put(a, name, n);
	}
	put(a, "", 1);
}

static void
begin(struct answer *a)
{
	static const unsigned char head[] = { 0, 1, 0x81, 0x80, 0, 1, 0, 0, 0,
		0, 0, 0 };

	*a = (struct answer){ .n = 0 };
	put(a, head, sizeof head);
	put_name(a, "_submission._tcp.example.com");
	put16(a, 33);
	put16(a, 1);
}

/* Begins a record of the name asked for; returns where its length is. */
static size_t
begin_record(struct answer *a, unsigned type)
{
	a->at[7] = (unsigned char)++a->records;
	put16(a, 0xc00c);
	put16(a, type);
	put16(a, 1);
	put16(a, 0);
	put16(a, 300);
	put16(a, 0);
	return a->n;
}

static void
end_record(struct answer *a, size_t begin)
{
	a->at[begin - 1] = (unsigned char)(a->n - begin);
}

static void
put_srv(struct answer *a, unsigned priority, unsigned weight, unsigned port,
    const char *target)
{
	size_t at = begin_record(a, 33);

	put16(a, priority);
	put16(a, weight);
	put16(a, port);
	put_name(a, target);
	end_record(a, at);
}

/* "name:port name:port" */
static void
spell(const struct srv_list *list, char *dst, size_t size)
{
	size_t n = 0;

	*dst = '\0';
	for (size_t i = 0; i < list->n && n < size; i++)
		n += (size_t)snprintf(dst + n, size - n, "%s%s:%d",
		    i > 0 ? " " : "", list->at[i].name, list->at[i].port);
}

static void
parsing(void **state)
{
	static const struct {
		const char *name;
		struct {
			unsigned port;
			const char *target; /* NULL: no more */
		} records[4];
		const char *want;
		bool is_refused;
	} rows[] = {
		{ "none", { { 0, NULL } }, "", false },
		{ "one", { { 587, "mail.example.com" } },
		    "mail.example.com:587", false },
		{ "three",
		    { { 1, "a.example" }, { 65535, "b" }, { 2, "a.example" } },
		    "a.example:1 b:65535 a.example:2", false },
		{ "refused", { { 0, "" } }, "", true },
		{ "refused, with a port", { { 587, "" } }, "", true },
		{ "no port", { { 0, "a.example" }, { 25, "b.example" } },
		    "b.example:25", false },
		{ "an address", { { 25, "192.0.2.1" }, { 25, "b.example" } },
		    "b.example:25", false },
		{ "no name",
		    { { 25, "a b" }, { 25, "a\nb.example" },
			{ 25, "a/b.example" }, { 25, "x" } },
		    "x:25", false },
	};
	struct srv_list list;
	struct answer a;
	char got[256];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		begin(&a);
		for (size_t k = 0; k < 4 && rows[i].records[k].target != NULL;
		     k++)
			put_srv(&a, 0, 0, rows[i].records[k].port,
			    rows[i].records[k].target);
		assert_int_equal(srv_parse(&list, a.at, a.n), 0);
		spell(&list, got, sizeof got);
		assert_string_equal(got, rows[i].want);
		assert_int_equal(list.is_refused, rows[i].is_refused);
	}
}

/* Records of other types are passed over; more than fit are left out. */
static void
beside(void **state)
{
	struct srv_list list;
	struct answer a;
	size_t at;

	(void)state;
	begin(&a);
	at = begin_record(&a, 5); /* CNAME */
	put_name(&a, "elsewhere.example");
	end_record(&a, at);
	put_srv(&a, 10, 20, 465, "a.example");
	assert_int_equal(srv_parse(&list, a.at, a.n), 0);
	assert_int_equal(list.n, 1);
	assert_int_equal(list.at[0].priority, 10);
	assert_int_equal(list.at[0].weight, 20);
	for (unsigned i = 0; i < SRV_TARGETS_MAX; i++)
		put_srv(&a, 0, 0, 1000 + i, "b.example");
	assert_int_equal(srv_parse(&list, a.at, a.n), 0);
	assert_int_equal(list.n, SRV_TARGETS_MAX);
	assert_int_equal(
	    list.at[SRV_TARGETS_MAX - 1].port, 1000 + SRV_TARGETS_MAX - 2);
}

/* Cut at every length, and with every octet turned to others: an error or a
 * list, and nothing read beyond. */
static void
malformed(void **state)
{
	static const unsigned char octets[] = { 0, 1, 0x3f, 0x40, 0xc0, 0xff };
	struct srv_list list;
	struct answer a;
	unsigned char *copy;
	size_t cut = 0;

	(void)state;
	begin(&a);
	put_srv(&a, 1, 2, 465, "a.example");
	put_srv(&a, 1, 2, 465, "b.example");
	for (size_t n = 0; n < a.n; n++) {
		copy = malloc(n + 1); /* so that reading beyond is noticed */
		assert_non_null(copy);
		memcpy(copy, a.at, n);
		cut += srv_parse(&list, copy, n) == -1;
		free(copy);
	}
	assert_int_equal(cut, a.n);
	for (size_t i = 0; i < a.n * COUNT(octets); i++) {
		copy = malloc(a.n);
		assert_non_null(copy);
		memcpy(copy, a.at, a.n);
		copy[i / COUNT(octets)] = octets[i % COUNT(octets)];
		if (srv_parse(&list, copy, a.n) == 0)
			for (size_t k = 0; k < list.n; k++)
				assert_true(
				    hostname_is_valid(list.at[k].name) &&
				    list.at[k].port > 0);
		free(copy);
	}
}

/* What chance says, and what it was asked. */
static struct {
	uint32_t say[8], bound[8];
	size_t n;
} chance;

static uint32_t
scripted(uint32_t bound)
{
	assert_true(chance.n < COUNT(chance.say));
	chance.bound[chance.n] = bound;
	return chance.say[chance.n++];
}

static void
order(void **state)
{
	static const struct {
		const char *records; /* "priority weight" a letter each */
		uint32_t say[8], bound[8]; /* 0: not asked */
		const char *want;
	} rows[] = {
		{ "", { 0 }, { 0 }, "" },
		{ "0 0", { 0 }, { 0 }, "a" },
		{ "2 0,1 0,3 0", { 0 }, { 0 }, "bac" },
		/* the one without weight only where chance says 0 */
		{ "0 9,0 0", { 0 }, { 10 }, "ba" },
		{ "0 9,0 0", { 1 }, { 10 }, "ab" },
		{ "0 9,0 0", { 9 }, { 10 }, "ab" },
		{ "0 0,0 0,0 0", { 0, 0 }, { 1, 1 }, "abc" },
		{ "0 10,0 20,0 30", { 0, 0 }, { 61, 51 }, "abc" },
		{ "0 10,0 20,0 30", { 10, 20 }, { 61, 51 }, "abc" },
		{ "0 10,0 20,0 30", { 11, 10 }, { 61, 41 }, "bac" },
		{ "0 10,0 20,0 30", { 30, 11 }, { 61, 41 }, "bca" },
		{ "0 10,0 20,0 30", { 31, 30 }, { 61, 31 }, "cba" },
		{ "0 10,0 20,0 30", { 60, 10 }, { 61, 31 }, "cab" },
		{ "5 1,1 65535,5 1,1 65535", { 131070, 2 }, { 131071, 3 },
		    "dbca" },
	};
	struct srv_list list;
	char got[9];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *p = rows[i].records;

		list = (struct srv_list){ .n = 0 };
		for (char *end; *p != '\0'; p = end + (*end == ',')) {
			struct srv_target *t = &list.at[list.n];

			t->name[0] = (char)('a' + list.n++);
			t->priority = (unsigned)strtoul(p, &end, 10);
			t->weight = (unsigned)strtoul(end, &end, 10);
		}
		memset(&chance, 0, sizeof chance);
		memcpy(chance.say, rows[i].say, sizeof chance.say);
		srv_order(&list, scripted);
		for (size_t k = 0; k < list.n; k++)
			got[k] = list.at[k].name[0];
		got[list.n] = '\0';
		assert_string_equal(got, rows[i].want);
		for (size_t k = 0; k < COUNT(chance.bound); k++)
			assert_int_equal(chance.bound[k], rows[i].bound[k]);
	}
}

/* What the DNS says to each service's question: records, or an error of
 * <netdb.h>, or nothing at all. */
static struct {
	int error[SRV_SERVICE_COUNT];
	unsigned port[SRV_SERVICE_COUNT]; /* 0: no records */
	const char *target;
	bool hangs;
	char asked[256];
} dns;

/* Stands before the library's. */
int
res_nquery(res_state state, const char *name, int class, int type,
    unsigned char *answer, int size)
{
	int s = strncmp(name, "_submissions.", 13) == 0 ? SRV_SUBMISSIONS
							: SRV_SUBMISSION;
	struct answer a;

	assert_int_equal(class, ns_c_in);
	assert_int_equal(type, ns_t_srv);
	if (dns.hangs) {
		/* longer than anybody waits */
		(void)poll(NULL, 0, 300);
		state->res_h_errno = TRY_AGAIN;
		return -1;
	}
	strcat(strcat(dns.asked, name), " ");
	state->res_h_errno = dns.error[s];
	if (dns.error[s] != 0)
		return -1;
	begin(&a);
	if (dns.port[s] != 0)
		put_srv(&a, 0, 0, dns.port[s], dns.target);
	assert_true((int)a.n <= size);
	memcpy(answer, a.at, a.n);
	return (int)a.n;
}

#define FIRST "_submissions._tcp.example.com "
#define SECOND "_submission._tcp.example.com "

static void
finding(void **state)
{
	static const struct {
		int error[2];
		unsigned port[2];
		const char *target;
		const char *asked;
		int service; /* -1: none */
		const char *text;
	} rows[] = {
		{ { 0 }, { 465, 587 }, "a.example", FIRST, SRV_SUBMISSIONS,
		    NULL },
		{ { 0 }, { 0, 587 }, "a.example", FIRST SECOND, SRV_SUBMISSION,
		    NULL },
		{ { NO_DATA }, { 0, 587 }, "a.example", FIRST SECOND,
		    SRV_SUBMISSION, NULL },
		{ { HOST_NOT_FOUND }, { 0, 587 }, "a.example", FIRST SECOND,
		    SRV_SUBMISSION, NULL },
		{ { HOST_NOT_FOUND, HOST_NOT_FOUND }, { 0 }, NULL, FIRST SECOND,
		    -1,
		    "example.com has no SRV records of mail submission "
		    "(_submissions._tcp, _submission._tcp): name its server "
		    "in host" },
		{ { 0 }, { 1, 0 }, "", FIRST SECOND, -1,
		    "example.com offers no mail submission: its SRV records "
		    "say so" },
		{ { 0 }, { 0, 1 }, "", FIRST SECOND, -1,
		    "example.com offers no mail submission: its SRV records "
		    "say so" },
		/* who cannot tell has not said that there are none */
		{ { TRY_AGAIN }, { 0, 587 }, "a.example", FIRST, -1,
		    "cannot look up _submissions._tcp.example.com: Host name "
		    "lookup failure" },
		{ { NO_RECOVERY }, { 0, 587 }, "a.example", FIRST, -1,
		    "cannot look up _submissions._tcp.example.com: Unknown "
		    "server error" },
		{ { 0, TRY_AGAIN }, { 0 }, NULL, FIRST SECOND, -1,
		    "cannot look up _submission._tcp.example.com: Host name "
		    "lookup failure" },
	};
	struct srv_list list;
	struct result res;
	int rv;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		memset(&dns, 0, sizeof dns);
		memcpy(dns.error, rows[i].error, sizeof dns.error);
		memcpy(dns.port, rows[i].port, sizeof dns.port);
		dns.target = rows[i].target;
		rv = srv_find(
		    &list, "example.com", deadline_in(20000, -1), &res);
		assert_string_equal(dns.asked, rows[i].asked);
		if (rows[i].service == -1) {
			assert_int_equal(rv, -1);
			assert_int_equal(res.kind, RESULT_RESOLVE);
			assert_string_equal(res.text, rows[i].text);
			assert_int_equal(list.n, 0);
			continue;
		}
		assert_int_equal(rv, 0);
		assert_int_equal(list.n, 1);
		assert_int_equal(list.service, rows[i].service);
		assert_int_equal(
		    list.at[0].port, rows[i].port[rows[i].service]);
	}
}

static void
no_answer(void **state)
{
	struct srv_list list;
	struct result res;
	int p[2];

	(void)state;
	dns.hangs = true;
	assert_int_equal(
	    srv_find(&list, "example.com", deadline_in(30, -1), &res), -1);
	assert_int_equal(res.kind, RESULT_RESOLVE);
	assert_string_equal(res.text,
	    "cannot look up the SRV records of example.com: no answer in time");
	assert_int_equal(pipe(p), 0);
	assert_int_equal(write(p[1], "x", 1), 1);
	assert_int_equal(
	    srv_find(&list, "example.com", deadline_in(20000, p[0]), &res), -1);
	assert_int_equal(res.kind, RESULT_INTERRUPTED);
	close(p[0]);
	close(p[1]);
	/* both are over, and have released what they had */
	(void)poll(NULL, 0, 900);
	dns.hangs = false;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parsing),
		cmocka_unit_test(beside),
		cmocka_unit_test(malformed),
		cmocka_unit_test(order),
		cmocka_unit_test(finding),
		cmocka_unit_test(no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
