/* More entries of registry_a.c's registry, some of them addresses. */
__attribute__((section("linkme_things"), used)) static const int third = 3;
extern int registry_sum(void);
__attribute__((section("linkme_calls"), used)) static int (*const call)(void) = registry_sum;
extern int (*const __start_linkme_calls[])(void);
int sx_second(void) { return __start_linkme_calls[0](); }
