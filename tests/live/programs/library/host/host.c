// A C program that calls Park of a library in Go: the one it is linked with, or with LOAD the one
// that is named on the command line. It has thread-local variables of its own.

_Thread_local volatile char before[4096] = {1};

#ifdef LOAD
#include <dlfcn.h>

int main(int argc, char **argv) {
	void *library = argc > 1 ? dlopen(argv[1], RTLD_NOW) : 0;
	void (*park)(void) = library ? (void (*)(void))dlsym(library, "Park") : 0;
	if (!park) {
		return 1;
	}
	park();
}
#else
void Park(void);

int main(void) { Park(); }
#endif
