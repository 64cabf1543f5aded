// A C program that forks once the Go library runs: itself, or with an argument in Go's cgo call.

#include "../fork.h"

void Start(void);
void Fork(void);

int main(int argc, char **argv) {
	(void)argv;
	Start();
	if (argc > 1) {
		Fork();
	} else {
		fork_and_wait();
	}
}
