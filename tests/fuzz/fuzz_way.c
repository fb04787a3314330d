#include "config.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "net/socks.h"
#include "net/srv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a proxy says; whatever the pieces, it comes to the same end, and not
 * an octet is taken that was not wanted. */
static size_t
negotiate(const uint8_t *data, size_t size, size_t step, bool login, int *rv)
{
	struct proxy proxy = { .host = "p", .port = 1 };
	struct result res;
	struct socks s;
	size_t done = 0, n;

	if (login)
		memcpy(proxy.user, "user", 5);
	socks_begin(&s, &proxy, "host.example", 465);
	for (*rv = 0; *rv == 0 && s.state != SOCKS_DONE;) {
		assert(s.out_len <= sizeof s.out);
		socks_sent(&s);
		n = socks_wants(&s);
		assert(n > 0 && n <= sizeof s.in);
		n = n < step ? n : step;
		if (n > size - done)
			break;
		*rv = socks_push(&s, data + done, n, &res);
		assert(*rv == 0 || res.kind == RESULT_CONNECT);
		done += n;
	}
	return *rv == 0 && s.state != SOCKS_DONE ? size : done;
}

static uint32_t
last(uint32_t bound)
{
	assert(bound > 0);
	return bound - 1;
}

/* What the DNS says. */
static void
look_up(const uint8_t *data, size_t size)
{
	struct srv_list list;

	if (srv_parse(&list, data, size) == -1)
		return;
	assert(list.n <= SRV_TARGETS_MAX);
	srv_order(&list, last);
	for (size_t i = 0; i < list.n; i++) {
		assert(list.at[i].port > 0 && list.at[i].port <= 65535);
		assert(hostname_is_valid(list.at[i].name));
		assert(
		    i == 0 || list.at[i - 1].priority <= list.at[i].priority);
	}
}

/* Byte 0: who speaks, and whether there is a log-in; then all of it. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t whole, single;
	int rv[2];

	if (size < 1)
		return 0;
	if (data[0] % 2 == 0) {
		look_up(data + 1, size - 1);
		return 0;
	}
	whole = negotiate(
	    data + 1, size - 1, SIZE_MAX, (data[0] & 2) != 0, &rv[0]);
	single = negotiate(data + 1, size - 1, 1, (data[0] & 2) != 0, &rv[1]);
	assert(whole == single && rv[0] == rv[1]);
	return 0;
}
