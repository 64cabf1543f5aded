/* Calls Go, and then waits as a server would: it ends when its standard input does. */
#include <unistd.h>

#include "archive.h"

int main(void)
{
	char byte;
	if (Sum(19, 23) != 42)
		return 1;
	while (read(0, &byte, 1) > 0)
		;
	return 0;
}
