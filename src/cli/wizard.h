/*
 * wizard: `outpost setup`: asks for an account, tests it, and writes the
 * configuration and the file with the password.
 *
 * The same without a terminal, by options: then nothing is asked, and what
 * cannot be known is an error.  Nothing is written before all is known and
 * the account was tested, and nothing replaced without a word.  The password
 * is never shown, logged, or an argument.
 */
#ifndef CLI_WIZARD_H
#define CLI_WIZARD_H

/* argv[0] is "setup"; `config` is what -c names, or NULL.  Returns the exit
 * status. */
int wizard(const char *config, int argc, char *const *argv);

#endif
