/* A link-time registry, as linkme and the kernel have them: entries in a section whose bounds the linker defines. */
extern const int __start_linkme_things[], __stop_linkme_things[];
extern const int __start_foreign_things[] __attribute__((weak)); /* a section that no member here has */

__attribute__((section("linkme_things"), used)) static const int first = 1;
__attribute__((section("linkme_things"), used)) const int registry_second = 2;

int registry_sum(void) {
    int sum = __start_foreign_things ? __start_foreign_things[0] : 0;
    for (const int *thing = __start_linkme_things; thing < __stop_linkme_things; thing++) sum += *thing;
    return sum;
}
int sx_run(void) { return registry_sum(); }
