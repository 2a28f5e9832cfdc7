/* What C can say: tentative, weak, hidden and local definitions, weak references, calls and data of other objects. */
extern int elsewhere(int);
extern int maybe(void) __attribute__((weak_import));
int tentative;
int data = 3;
int *pointer = &data;
static int calls;
static __attribute__((noinline)) int local(int x) { return x + ++calls; }
__attribute__((weak)) int weak(void) { return 1; }
__attribute__((visibility("hidden"))) int hidden(void) { return 2; }
int other(int);
int mx_run(int x) { return local(x) + elsewhere(x) + tentative + *pointer + (maybe ? maybe() : 0) + weak() + other(x); }
