// One library of two: -DSIDE=first or second, -DNUMBER. Both define the same names, with and without a definition in
// the other's members.
#define JOIN(a, b) a##b
#define NAMED(a, b) JOIN(a, b)

int calls = NUMBER;
__attribute__((weak)) int chosen(void) { return NUMBER; }
__attribute__((visibility("hidden"))) int step(void) { return calls += NUMBER; }
static int twice(void) { return 2 * step(); }
int (*pointer)(void) = twice;

__attribute__((import_module("host"), import_name("offset"))) int host_offset(void);
int NAMED(SIDE, _run)(void) { return pointer() + 1000 * chosen() + host_offset(); }
