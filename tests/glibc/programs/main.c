/* Calls all of calls.c. */
#include <stdio.h>

int stats(const char *);
int system_calls(const char *);
int others(const char *);

int main(int argc, char **argv) {
    printf("stats %d\n", stats(argv[1]));
    printf("system_calls %d\n", system_calls(argv[1]));
    printf("others %d\n", others(argv[1]));
    return 0;
}
