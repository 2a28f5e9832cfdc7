/* Gives the archive what it asks for, and prints what it computes. */
#include <stdio.h>

int sx_run(int);
_Thread_local int foreign_tls = 8;
int elsewhere(int x) { return x + 1; }

int main(void)
{
    printf("%d\n", sx_run(2));
    return 0;
}
