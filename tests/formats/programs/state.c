/* C: functions, data, a common, a weak alias and a table of addresses, by the same names on both sides. */
#include "side.h"

int counter = NUMBER;
int tentative[4];
int (*steps[2])(void) = {next_number, next_number};

int next_number(void) {
    return counter += NUMBER;
}

int chosen(void) {
    return NUMBER;
}

int maybe(void) __attribute__((weak, alias("chosen")));

__attribute__((dllexport)) void OWN(state)(void) {
    tentative[0] += NUMBER;
    printf("%s: state %d %d, tentative %d, weak %d\n", TEXT(SIDE), steps[0](), steps[1](), tentative[0], maybe());
}
