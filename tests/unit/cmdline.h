/* A command line for the tests of options. */
#ifndef TESTS_CMDLINE_H
#define TESTS_CMDLINE_H

#define CMDLINE_WORDS 12

struct cmdline {
	char text[256];
	char *argv[CMDLINE_WORDS + 1];
	int argc;
};

/* Makes it of text with "|" between the words. */
void cmdline_split(struct cmdline *c, const char *line);

#endif
