#include "config.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "net/lookup.h"

#define STACK_SIZE (1 << 20) /* name services are hungrier than we are */

void *
lookup_new(
    size_t size, void (*ask)(struct lookup *), void (*forget)(struct lookup *))
{
	struct lookup *l = calloc(1, size);

	if (l == NULL)
		return NULL;
	l->ask = ask;
	l->forget = forget;
	atomic_init(&l->answered, false);
	atomic_init(&l->users, 2);
	l->done = eventfd(0, EFD_CLOEXEC);
	if (l->done == -1) {
		free(l);
		return NULL;
	}
	return l;
}

void
lookup_release(struct lookup *l)
{
	if (atomic_fetch_sub(&l->users, 1) > 1)
		return;
	if (l->forget != NULL)
		l->forget(l);
	close(l->done);
	free(l);
}

static void *
run(void *arg)
{
	struct lookup *l = arg;

	l->ask(l);
	atomic_store(&l->answered, true);
	eventfd_write(l->done, 1);
	lookup_release(l);
	return NULL;
}

/* Runs it in a detached thread that takes no signals. */
static int
start(struct lookup *l)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, old;
	int error;

	if (pthread_attr_init(&attr) != 0)
		return -1;
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(&thread, &attr, run, l);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return error == 0 ? 0 : -1;
}

int
lookup_run(struct lookup *l, struct deadline until, struct result *res)
{
	/* No thread to be had: late is better than never. */
	if (start(l) == -1)
		run(l);
	until.alarm = NULL;
	if (deadline_poll(until, l->done, POLLIN, res) == -1)
		return -1;
	if (!atomic_load(&l->answered))
		return result_fail(res, RESULT_BUG, "no answer was put there");
	return 0;
}
