// The other member of each: all of its references are to names that both libraries define.
#define JOIN(a, b) a##b
#define NAMED(a, b) JOIN(a, b)

extern int calls;
int step(void);
int elsewhere(void) __attribute__((weak));

// A registry: what lies between the bounds of the segment.
__attribute__((section("registry"), used)) static int entry = NUMBER;
extern int __start_registry[], __stop_registry[];

int NAMED(SIDE, _second)(void) {
    int sum = 0;
    for (int *at = __start_registry; at < __stop_registry; at++) {
        sum += *at;
    }
    return calls + 100 * step() + 10000 * sum + (elsewhere ? 1000000 : 0);
}

static int started;
__attribute__((constructor)) static void start(void) { started = NUMBER; }
__attribute__((export_name("NAMED_EXPORT"))) int exported_to_the_host(void) { return started; }
