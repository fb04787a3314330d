#include "config.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "mail/lines.h"

#define SIZE 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Byte 0: what a dot means, and where the input is cut; then the input. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char clean[2][LINES_OUT_MAX(SIZE)],
	    wire[DOTS_OUT_MAX(sizeof clean[0])];
	struct lines l[2];
	struct lines_check check = { 0 };
	struct dots d = { 0 };
	size_t n[2], out;

	if (size < 1 || size > SIZE)
		return 0;
	for (size_t i = 0, cut = data[0] / 2 % size; i < 2; i++, cut = 0) {
		lines_init(&l[i], data[0] % 2);
		n[i] = lines_push(&l[i], (const char *)data + 1, cut, clean[i]);
		n[i] += lines_push(&l[i], (const char *)data + 1 + cut,
		    size - 1 - cut, clean[i] + n[i]);
		n[i] += lines_end(&l[i], clean[i] + n[i]);
	}
	assert(n[0] == n[1] && memcmp(clean[0], clean[1], n[0]) == 0);
	assert(l[0].ended == l[1].ended);
	assert(lines_check_push(&check, clean[0], n[0]) &&
	    lines_check_end(&check));
	out = dots_push(&d, clean[0], n[0], wire);
	for (size_t i = 0; i < out; i++) {
		assert(wire[i] != '\0' && (wire[i] != '\r' || i + 1 < out));
		assert(wire[i] != '\r' || wire[i + 1] == '\n');
		assert(wire[i] != '\n' || (i > 0 && wire[i - 1] == '\r'));
	}
	assert(out == 0 || (out > 1 && wire[out - 1] == '\n'));
	assert(out < 3 || memcmp(wire, ".\r\n", 3) != 0);
	assert(memmem(wire, out, "\r\n.\r\n", 5) == NULL);
	return 0;
}
