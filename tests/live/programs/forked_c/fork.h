// fork_and_wait forks by the C library. The parent prints the child's id and ends with its input;
// the child ends with the parent.

#include <stdio.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

static void fork_and_wait(void) {
	pid_t child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;) {
			pause();
		}
	}
	printf("%d\n", (int)child);
	fflush(stdout);
	char byte;
	(void)!read(0, &byte, 1);
}
