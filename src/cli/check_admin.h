/*
 * check_admin: `outpost check`: its command line, and what it prints.
 */
#ifndef CLI_CHECK_ADMIN_H
#define CLI_CHECK_ADMIN_H

/* The words of the command, itself the first; `config` as for setup_conf.
 * Returns the exit status. */
int check_admin(const char *config, int argc, char *const *argv);

#endif
