/*
 * lines: makes clean lines of whatever was piped in, in stages.
 *
 * struct lines, while the input is read: NULs are dropped before anything
 * else is looked at.  Each line ends in LF or in CRs and LF; what comes out
 * ends in CRLF.  A CR elsewhere becomes a blank; a last line without LF is
 * taken as if it had one.  Where asked, a line that is just a dot ends the
 * message, and what follows is swallowed.
 *
 * struct lines_check, for what others made: whether lines are clean already.
 *
 * struct folds, for what no reader sees: says where a line would pass 998
 * octets (RFC 5322 section 2.1.1), so that CRLF and a blank are put in there,
 * never inside a UTF-8 character.
 *
 * struct dots, while the message is sent: doubles the dot at the start of a
 * line (RFC 5321 section 4.5.2).
 *
 * So the wire never holds a bare CR, a bare LF or a NUL: nothing can be
 * smuggled in it (RFC 5321 section 2.3.8).  How long lines are is not looked
 * at here (body.h, recode.h).  All are fed
 * any way the bytes come and give the same output.  Pure.
 */
#ifndef MAIL_LINES_H
#define MAIL_LINES_H

#include <stdbool.h>
#include <stddef.h>

#define LINES_MAX 998 /* octets of a line, CRLF not counted (RFC 5322) */
#define LINES_FOLD "\r\n " /* in a header, where a line would be too long */
#define LINES_CRS_MAX 256 /* CRs of one line end; more are text */

/* What a line that is just a dot means. */
enum lines_dot {
	LINES_DOT_IS_TEXT, /* -i, -oi */
	LINES_DOT_ENDS
};

struct lines {
	enum lines_dot dot;
	bool mid_line; /* bytes of the current line came out */
	bool pending_dot; /* a dot began the line and is held back */
	size_t pending_crs; /* CRs held back after it: blanks or line end */
	bool ended; /* the dot line was seen */
};

/* Most bytes that `n` bytes of input, or lines_end() for 0, can become. */
#define LINES_OUT_MAX(n) (2 * (n) + LINES_CRS_MAX + 8)

void lines_init(struct lines *l, enum lines_dot dot);

/* Takes `n` bytes, writes at most LINES_OUT_MAX(n) to `out`, which does not
 * overlap; returns how many. */
size_t lines_push(struct lines *l, const char *p, size_t n, char *out);

/* Ends the input, with `ended` set when a dot was its last line; writes at
 * most LINES_OUT_MAX(0) bytes, returns how many. */
size_t lines_end(struct lines *l, char *out);

/* Looks at lines that should be clean, in any pieces; begins as zero bytes. */
struct lines_check {
	char last; /* byte, or NUL before the first */
};

/* Whether the next `n` bytes leave it so. */
bool lines_check_push(struct lines_check *c, const char *p, size_t n);

/* Whether it may end here: nothing came, or the last line is whole. */
bool lines_check_end(const struct lines_check *c);

struct folds {
	size_t column; /* octets of the current line */
};

/*
 * Looks at `n` > 0 bytes of clean lines and returns how many of them are to
 * be passed on as they are.  When that is fewer than `n`, LINES_FOLD is to be
 * passed on next (the stage has counted it), and then the call repeated with
 * what is left.  Where to fold is decided at the first byte of a character,
 * by what that byte promises, so it does not depend on how the bytes come.
 */
size_t folds_next(struct folds *f, const char *p, size_t n);

struct dots {
	bool mid_line; /* zero: at the start of a line */
};

/* Most bytes that `n` bytes can become. */
#define DOTS_OUT_MAX(n) (2 * (n))

/* Takes `n` bytes of clean lines; returns how many bytes it wrote. */
size_t dots_push(struct dots *d, const char *p, size_t n, char *out);

#endif
