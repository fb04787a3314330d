#include "config.h"

#include <string.h>

#include "base/ascii.h"
#include "base/distance.h"

static size_t
smallest(size_t a, size_t b, size_t c)
{
	if (b < a)
		a = b;
	return c < a ? c : a;
}

/* A row of the table of all beginnings at a time. */
size_t
distance(const char *a, const char *b)
{
	size_t row[64], n = strlen(b), diagonal, up;

	if (n >= sizeof row / sizeof *row)
		return n;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1] != '\0'; i++) {
		diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			up = row[j];
			if (ascii_lower(a[i - 1]) != ascii_lower(b[j - 1]))
				diagonal++;
			row[j] = smallest(up + 1, row[j - 1] + 1, diagonal);
			diagonal = up;
		}
	}
	return row[n];
}
