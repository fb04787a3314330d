#include "config.h"

#include <string.h>

#include "base/ascii.h"
#include "base/hostname.h"

#define LABEL_MAX 63

static bool
is_label(const char *label, size_t n)
{
	if (n == 0 || n > LABEL_MAX || label[0] == '-' || label[n - 1] == '-')
		return false;
	for (size_t i = 0; i < n; i++)
		if (!ascii_is_alnum(label[i]) && label[i] != '-' &&
		    label[i] != '_')
			return false;
	return true;
}

bool
hostname_is_valid(const char *name)
{
	const char *label = name;
	size_t n;

	if (strlen(name) > HOSTNAME_MAX)
		return false;
	for (;; label += n + 1) {
		n = strcspn(label, ".");
		if (!is_label(label, n))
			return false;
		if (label[n] == '\0')
			return strspn(label, "0123456789") != n;
	}
}

bool
hostname_is_within(const char *name, const char *domain)
{
	size_t n = strlen(name), m = strlen(domain);

	if (m == 0 || n < m || !ascii_equal(name + n - m, domain))
		return false;
	return n == m || name[n - m - 1] == '.';
}
