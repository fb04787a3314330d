/*
 * lines: makes clean lines of whatever was piped in, in three stages.
 *
 * struct lines, while the input is read: each line ends in LF or any number
 * of CRs and LF; what comes out ends in CRLF.  A CR elsewhere becomes a
 * blank, a NUL is dropped, a last line without an end gets one.  Where asked,
 * a line that is just a dot ends the message, and what follows is swallowed;
 * a dot at the very end of the input ends it too.
 *
 * struct folds, for the body: says where a line would pass 998 octets (RFC
 * 5322 section 2.1.1), so that CRLF and a blank are put in there, never
 * inside a UTF-8 character.
 *
 * struct dots, while the message is sent: doubles the dot at the start of a
 * line (RFC 5321 section 4.5.2).
 *
 * So the wire never holds a bare CR, a bare LF, a NUL or a line that is too
 * long: nothing can be smuggled in it (RFC 5321 section 2.3.8).  All are fed
 * any way the bytes come and give the same output.  Pure.
 */
#ifndef MAIL_LINES_H
#define MAIL_LINES_H

#include <stdbool.h>
#include <stddef.h>

#define LINES_MAX 998	/* octets of a line, CRLF not counted */
#define LINES_FOLD "\r\n "

/* What a line that is just a dot means. */
enum lines_dot {
	LINES_DOT_IS_TEXT,	/* -i, -oi */
	LINES_DOT_ENDS
};

struct lines {
	enum lines_dot dot;
	bool mid_line;		/* bytes of the current line came out */
	bool pending_cr;	/* CRs were seen; the next byte tells what for */
	bool pending_dot;	/* a dot began the line and is held back */
	bool ended;		/* the dot line was seen */
	bool has_8bit;		/* bytes above 127 came out */
};

/* Most bytes that `n` bytes of input, or lines_end() for 0, can become. */
#define LINES_OUT_MAX(n) (2 * (n) + 8)

void lines_init(struct lines *l, enum lines_dot dot);

/* Takes `n` bytes, writes at most LINES_OUT_MAX(n) to `out`, which does not
 * overlap; returns how many. */
size_t lines_push(struct lines *l, const char *p, size_t n, char *out);

/* Ends the input; writes at most LINES_OUT_MAX(0) bytes, returns how many. */
size_t lines_end(struct lines *l, char *out);

struct folds {
	size_t column;	/* octets of the current line */
};

/*
 * Looks at `n` > 0 bytes of clean lines and returns how many of them are to
 * be passed on as they are.  When that is fewer than `n`, LINES_FOLD is to be
 * passed on next (the stage has counted it), and then the call repeated with
 * what is left.
 */
size_t folds_next(struct folds *f, const char *p, size_t n);

struct dots {
	bool mid_line;	/* zero: at the start of a line */
};

/* Most bytes that `n` bytes can become. */
#define DOTS_OUT_MAX(n) (2 * (n))

/* Takes `n` bytes of clean lines; returns how many bytes it wrote. */
size_t dots_push(struct dots *d, const char *p, size_t n, char *out);

#endif
