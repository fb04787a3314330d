/*
 * sendmail: the sendmail command and its personalities (mailq, newaliases
 * ...): from argv to an exit status.
 */
#ifndef CLI_SENDMAIL_H
#define CLI_SENDMAIL_H

/* argc may be 0.  Returns the exit status. */
int sendmail_main(int argc, char *const *argv);

#endif
