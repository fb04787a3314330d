/*
 * client_login: what a log-in asks of whoever drives the machine (client.h).
 */
#ifndef SMTP_CLIENT_LOGIN_H
#define SMTP_CLIENT_LOGIN_H

#include "net/tls_binding.h"
#include "smtp/client.h"

/* The handshake is done: what binds a log-in to it.  Before smtp_tls_done, or
 * before all else where TLS was up from the start. */
void smtp_bind(struct smtp_client *c, const struct tls_binding *binding);

/* The mechanism of the log-in, as "PLAIN"; "": none was begun.  Its grade. */
const char *smtp_login(const struct smtp_client *c);
enum sasl_grade smtp_grade(const struct smtp_client *c);

/* Whether a reply that is about to be told is not for people, but for its code:
 * the password could be guessed by it. */
bool smtp_is_sealed(const struct smtp_client *c, const struct reply *r);

#endif
