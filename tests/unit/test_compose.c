#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "delivery/compose.h"
#include "spools.h"

static const struct charset_choices none = { { "", "" } };
static const struct body_facts ascii = { "us-ascii", 4 };
static const struct compose_origin origin = { "anid", 7 };
static const struct compose_text text = { &none, &ascii };

struct fixture {
	struct conf conf;
	struct identity id;
	struct sender_map senders;
	struct header h;
	struct composed c;
	struct compose_rules rules;
};

static void
fixture_make(struct fixture *f, const char *header)
{
	static const char conf[] = "[smarthost]\nhost = x.example\n"
				   "auth = off\n[sender]\n"
				   "address = me@x.example\n"
				   "domain = d.example\n";
	struct result res;
	struct buf held;
	size_t used;

	memset(f, 0, sizeof *f);
	header_init(&f->h);
	compose_init(&f->c);
	buf_init(&held, HEADER_MAX);
	if (conf_parse(&f->conf, "test", conf, sizeof conf - 1, &res) == -1 ||
	    identity_load(&f->id, &f->conf, getuid(), &res) == -1)
		fail_msg("%s", res.text);
	assert_int_not_equal(
	    header_push(&f->h, header, strlen(header), &used, &held, &res),
	    HEADER_FAILED);
	assert_int_not_equal(header_finish(&f->h, &held, &res), HEADER_FAILED);
	buf_free(&held);
	f->rules = (struct compose_rules){ .conf = &f->conf,
		.id = &f->id,
		.senders = &f->senders,
		.sender = "me@x.example",
		.asked = "bob@d.example",
		.name = "Bob",
		.origin = &origin,
		.text = &text,
		.add_missing = true };
}

static void
fixture_clear(struct fixture *f)
{
	compose_clear(&f->c);
	header_clear(&f->h);
	identity_clear(&f->id);
	sender_map_clear(&f->senders);
	conf_clear(&f->conf);
}

/* All of it in pieces of `step` octets from `off` on. */
static void
read_all(const struct source *s, uint64_t off, size_t step, struct buf *out)
{
	struct result res;
	char piece[4096];
	size_t got;

	buf_reset(out);
	do {
		assert_int_equal(
		    s->read(s->arg, off, piece, step, &got, &res), 0);
		assert_true(got <= step);
		buf_add(out, piece, got);
		off += got;
	} while (got > 0);
	assert_int_equal(off, s->size);
	assert_false(buf_failed(out));
}

/* Header and body as one, wherever a read begins and ends. */
static void
test_source(void **state)
{
	static const char body[] = "12345678skipped|body\r\nof it\r\n";
	static const uint64_t skips[] = { 0, 16, sizeof body - 1 };
	struct source rest = spools_text(body, 0);
	struct buf whole, part;
	struct fixture f;
	struct result res;

	(void)state;
	buf_init(&whole, 65536);
	buf_init(&part, 65536);
	for (size_t i = 0; i < sizeof skips / sizeof *skips; i++) {
		struct source s;

		fixture_make(&f, "Subject: hi\r\n");
		assert_int_equal(
		    compose(&f.c, &f.rules, &f.h, &rest, skips[i], &res), 0);
		s = compose_source(&f.c);
		assert_int_equal(s.header, f.c.head.len);
		assert_int_equal(
		    s.size, f.c.head.len + sizeof body - 1 - skips[i]);
		read_all(&s, 0, 4096, &whole);
		assert_memory_equal(whole.data, f.c.head.data, f.c.head.len);
		assert_string_equal(whole.data + f.c.head.len, body + skips[i]);
		assert_memory_equal(
		    whole.data + f.c.head.len - 4, "\r\n\r\n", 4);
		for (size_t step = 1; step <= s.size + 1; step++) {
			read_all(&s, 0, step, &part);
			assert_string_equal(part.data, whole.data);
		}
		for (size_t off = 0; off <= s.size; off++) {
			read_all(&s, off, 4096, &part);
			assert_string_equal(part.data, whole.data + off);
		}
		fixture_clear(&f);
	}
	buf_free(&part);
	buf_free(&whole);
}

static int
broken(
    void *arg, uint64_t off, char *p, size_t n, size_t *got, struct result *res)
{
	(void)arg;
	(void)off;
	(void)p;
	(void)n;
	(void)got;
	return result_fail(res, RESULT_STORAGE, "it broke");
}

static void
test_broken_body(void **state)
{
	const struct source rest = { broken, NULL, 10, 0 };
	char piece[4096];
	struct fixture f;
	struct result res;
	struct source s;
	size_t got;

	(void)state;
	fixture_make(&f, "Subject: hi\r\n");
	assert_int_equal(compose(&f.c, &f.rules, &f.h, &rest, 0, &res), 0);
	s = compose_source(&f.c);
	assert_int_equal(
	    s.read(s.arg, 0, piece, (size_t)s.header, &got, &res), 0);
	assert_int_equal(got, s.header);
	assert_int_equal(
	    s.read(s.arg, 0, piece, (size_t)s.header + 1, &got, &res), -1);
	assert_int_equal(res.kind, RESULT_STORAGE);
	fixture_clear(&f);
}

/* The id that is noted is that of the message that goes out. */
static void
test_ids(void **state)
{
	static const struct {
		const char *header;
		bool add_missing;
		const char *id; /* NULL: one that was made */
	} cases[] = {
		{ "Subject: hi\r\n", true, NULL },
		{ "Subject: hi\r\n", false, "" },
		{ "Message-ID: <a@b>\r\n", true, "<a@b>" },
		{ "Message-Id:<a@b>\r\n", false, "<a@b>" },
		{ "message-id:\r\n <a\r\n @b> \r\n", true, "<a@b>" },
		{ "Message-ID: \r\n", true, NULL },
		{ "Message-ID: \r\n", false, "" },
		{ "Message-ID: <a\x01\xc3\xa9@b>\r\n", true, "<a@b>" },
		{ "Resent-To: a@b\r\nMessage-ID: <a@b>\r\n", true, "<a@b>" },
	};
	struct source rest = spools_text("body\r\n", 0);
	struct fixture f;
	struct result res;
	char line[COMPOSE_ID_MAX + 32];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		print_message("case %zu\n", i);
		fixture_make(&f, cases[i].header);
		f.rules.add_missing = cases[i].add_missing;
		assert_int_equal(
		    compose(&f.c, &f.rules, &f.h, &rest, 0, &res), 0);
		if (cases[i].id != NULL) {
			assert_string_equal(f.c.id, cases[i].id);
		} else {
			snprintf(
			    line, sizeof line, "Message-ID: %s\r\n", f.c.id);
			assert_non_null(strstr(f.c.head.data, line));
			assert_non_null(strstr(f.c.id, "@x.example>"));
		}
		fixture_clear(&f);
	}
}

/* An id of any length is cut, not passed. */
static void
test_long_id(void **state)
{
	struct source rest = spools_text("body\r\n", 0);
	char header[900] = "Message-ID: <";
	struct fixture f;
	struct result res;

	(void)state;
	memset(header + 13, 'x', 800);
	memcpy(header + 813, "@b>\r\n", 6);
	fixture_make(&f, header);
	assert_int_equal(compose(&f.c, &f.rules, &f.h, &rest, 0, &res), 0);
	assert_int_equal(strlen(f.c.id), COMPOSE_ID_MAX - 1);
	fixture_clear(&f);
}

static void
test_stamp(void **state)
{
	struct composed other;
	struct fixture f;

	(void)state;
	fixture_make(&f, "");
	compose_init(&other);
	compose_stamp(&f.c, &f.id);
	compose_stamp(&other, &f.id);
	assert_string_not_equal(f.c.id, other.id);
	assert_true(f.c.id[0] == '<');
	assert_non_null(strstr(f.c.id, "@x.example>"));
	assert_int_equal(f.c.date[3], ',');
	/* without an account the domain is this machine's */
	buf_reset(&f.id.account);
	compose_stamp(&f.c, &f.id);
	assert_non_null(strstr(f.c.id, "@d.example>"));
	compose_clear(&other);
	fixture_clear(&f);
}

/* The sender of the envelope is From, or who was asked for. */
static void
test_from(void **state)
{
	struct source rest = spools_text("body\r\n", 0);
	struct fixture f;
	struct result res;

	(void)state;
	fixture_make(&f, "Subject: hi\r\n");
	f.conf.sender.rewrite = CONF_REWRITE_NEVER;
	assert_int_equal(compose(&f.c, &f.rules, &f.h, &rest, 0, &res), 0);
	assert_non_null(strstr(f.c.head.data, "From: Bob <me@x.example>\r\n"));
	fixture_clear(&f);
	fixture_make(&f, "Subject: hi\r\n");
	f.conf.sender.rewrite = CONF_REWRITE_NEVER;
	f.rules.sender = "";
	assert_int_equal(compose(&f.c, &f.rules, &f.h, &rest, 0, &res), 0);
	assert_non_null(strstr(f.c.head.data, "From: Bob <bob@d.example>\r\n"));
	fixture_clear(&f);
}

/* From follows the map; a draft has its addresses as they are. */
static void
test_addresses(void **state)
{
	static const char map[] = "root: Ops <ops@x.example>\n"
				  "bob: bob@x.example\n";
	static const struct {
		const char *header, *want;
		bool is_draft;
	} cases[] = {
		{ "From: root\r\nTo: eve\r\n",
		    "From: Ops <ops@x.example>\r\nTo: eve@d.example\r\n",
		    false },
		{ "From: Bob <bob>\r\n", "From: Bob <bob@x.example>\r\n",
		    false },
		{ "From: Ops <ops@X.example>\r\n",
		    "From: Ops <ops@X.example>\r\n", false },
		{ "To: eve@x.example\r\n", "\r\nFrom: Ops <ops@x.example>\r\n",
		    false },
		{ "From: root\r\nTo: eve\r\n", "From: root\r\nTo: eve\r\n",
		    true },
	};
	struct source rest = spools_text("body\r\n", 0);
	struct fixture f;
	struct result res;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		fixture_make(&f, cases[i].header);
		assert_int_equal(sender_map_parse(&f.senders, "map", map,
				     sizeof map - 1, &res),
		    0);
		f.rules.rule = sender_map_find(&f.senders, &f.id, "root");
		assert_non_null(f.rules.rule);
		f.rules.sender = f.rules.rule->address;
		if (cases[i].is_draft)
			f.rules.scope = COMPOSE_DRAFT;
		assert_int_equal(
		    compose(&f.c, &f.rules, &f.h, &rest, 0, &res), 0);
		if (strstr(f.c.head.data, cases[i].want) == NULL)
			fail_msg("%zu: %s", i, f.c.head.data);
		assert_null(strstr(f.c.head.data, "Reply-To"));
		fixture_clear(&f);
	}
}

/* Who handed it in, as far as that may be known, and what the mail wants. */
static void
test_trace(void **state)
{
	static const struct {
		long received, require_tls;
		const char *header, *want;
		bool tls;
	} cases[] = {
		{ 1, 0, "Subject: s\r\n",
		    " (outpost, from userid 7)\r\n\tid anid; ", false },
		{ 0, 1, "Subject: s\r\n",
		    "Received: by localhost (outpost)\r\n\tid anid; ", true },
		{ 0, 1, "TLS-Required: no\r\n", "TLS-Required: no\r\n", false },
		{ 0, 1, "TLS-Required: never\r\n", "never\r\n", true },
	};
	struct source rest = spools_text("body\r\n", 0);
	struct envelope env;
	struct fixture f;
	struct result res;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		fixture_make(&f, cases[i].header);
		f.conf.message.received = cases[i].received;
		f.conf.message.require_tls = cases[i].require_tls;
		assert_int_equal(
		    compose(&f.c, &f.rules, &f.h, &rest, 0, &res), 0);
		if (strstr(f.c.head.data, cases[i].want) == NULL)
			fail_msg("%zu: %s", i, f.c.head.data);
		envelope_init(&env);
		compose_note(&f.c, &env);
		assert_int_equal(env.require_tls, cases[i].tls);
		assert_false(env.is_8bit || env.is_long || env.is_utf8);
		fixture_clear(&f);
	}
}

static void
test_facts(void **state)
{
	static const struct body_facts wide = { "UTF-8", 999 };
	static const struct compose_text wide_text = { &none, &wide };
	struct source rest = spools_text("body\r\n", 0);
	struct envelope env;
	struct fixture f;
	struct result res;

	(void)state;
	fixture_make(&f, "Cc: \xc3\xb6@x.example\r\n");
	f.rules.text = &wide_text;
	assert_int_equal(compose(&f.c, &f.rules, &f.h, &rest, 0, &res), 0);
	envelope_init(&env);
	compose_note(&f.c, &env);
	assert_true(env.is_8bit && env.is_long && env.is_utf8);
	fixture_clear(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_source),
		cmocka_unit_test(test_broken_body),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_long_id),
		cmocka_unit_test(test_stamp),
		cmocka_unit_test(test_from),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_trace),
		cmocka_unit_test(test_facts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
