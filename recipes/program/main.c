/* Two Rust static libraries in one C program. */
#include <stdio.h>

int fx_add(int, int);
int fx_plugins(void);
int fy_add(int, int);
int fy_plugins(void);

int main(void) {
    printf("fx: sum %d, %d plugins\n", fx_add(2, 3), fx_plugins());
    printf("fy: sum %d, %d plugins\n", fy_add(4, 5), fy_plugins());
    return 0;
}
