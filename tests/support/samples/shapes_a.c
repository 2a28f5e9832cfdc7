/* Every kind of symbol a C object has: what `sx_run` needs lies here and in shapes_b.c. */
#include <stddef.h>

int shapes_common[16];                       /* COMMON with -fcommon */
__thread int shapes_tls = 7;                 /* STT_TLS */
static int local_counter;                    /* stays local */
extern int shapes_other(int);                /* defined in shapes_b.c */
extern int shapes_nobody(void) __attribute__((weak)); /* defined by no archive: stays */
extern int shapes_hidden(void) __attribute__((visibility("hidden")));

__attribute__((weak)) int shapes_weak(int x) { return x + 1; }
__attribute__((visibility("protected"))) int shapes_protected(int x) { return x * 2; }
int shapes_alias(int) __attribute__((alias("shapes_weak")));

static int plain_impl(void) { return 40; }
#ifndef NO_IFUNC
static int (*pick(void))(void) { return plain_impl; }
int shapes_ifunc(void) __attribute__((ifunc("pick"))); /* STT_GNU_IFUNC */
#else
int shapes_ifunc(void) { return plain_impl(); }
#endif

int (*const shapes_table[])(int) = {shapes_weak, shapes_protected, shapes_other};

__attribute__((constructor)) static void at_start(void) { local_counter = 1; }

int sx_run(int x) {
    shapes_common[x & 15] += shapes_tls + local_counter;
    if (shapes_nobody) x += shapes_nobody();
    return shapes_table[x % 3](x) + shapes_ifunc() + shapes_alias(x) + shapes_hidden() + shapes_common[x & 15];
}
