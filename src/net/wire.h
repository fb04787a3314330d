/*
 * wire: the socket under a stream, and OpenSSL's way to it.
 *
 * Collects what OpenSSL writes, record by record, so that the kernel gets it
 * in one call; hands what arrives straight to whoever reads.  Never raises
 * SIGPIPE, never blocks past the deadline.  Internal to stream.
 */
#ifndef NET_WIRE_H
#define NET_WIRE_H

#include <openssl/bio.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/result.h"
#include "net/deadline.h"

/* Payload that OpenSSL may be given at once: a block of 64 KiB and what goes
 * with its end. */
#define WIRE_PAYLOAD (5 * 16384)

struct wire {
	int fd;
	struct deadline until; /* of the call in progress */
	unsigned recvs; /* made for the call in progress */
	int error; /* errno that ended receiving, or 0 */
	bool eof; /* the peer has closed its side */
	bool broken; /* sending has failed: nothing more goes out */
	char first[64]; /* how what OpenSSL got begins */
	size_t first_len;
	BIO_METHOD *method;
	char *out; /* WIRE_PAYLOAD and its records' overhead */
	size_t len; /* bytes in `out` */
};

/* Begins a call that may last until `until`. */
void wire_begin(struct wire *w, struct deadline until);

/* Releases all but the socket. */
void wire_clear(struct wire *w);

/* recv(2) without blocking: -1 with EAGAIN when there is nothing. */
ssize_t wire_recv(struct wire *w, char *p, size_t n);

/* Waits for input; what was collected goes out first.  Where that fails with
 * LOST the wait goes on: the peer may have said why.  Kinds TIMEOUT,
 * INTERRUPTED, SYSTEM. */
int wire_wait(struct wire *w, struct result *res)
    __attribute__((warn_unused_result));

/* Sends all of it.  Kinds LOST, TIMEOUT, INTERRUPTED, SYSTEM; the wire is
 * broken after each of them, since a part may be gone. */
int wire_send(struct wire *w, const char *p, size_t n, struct result *res)
    __attribute__((warn_unused_result));

/* Sends what was collected.  Fails also when nothing was, on a broken wire. */
int wire_flush(struct wire *w, struct result *res)
    __attribute__((warn_unused_result));

/* A BIO on the wire, which must outlive it; NULL: no memory. */
BIO *wire_bio(struct wire *w);

#endif
