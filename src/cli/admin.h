/*
 * admin: the outpost command, for administrators.
 */
#ifndef CLI_ADMIN_H
#define CLI_ADMIN_H

/* `outpost [-c FILE] config`, `oauth`, `queue`, --version, --help.  Returns the exit
 * status. */
int admin_main(int argc, char *const *argv);

#endif
