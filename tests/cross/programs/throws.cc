// Exceptions that stay inside, and one that leaves.
#include <cstdio>
#include <stdexcept>

#include "shapes.hh"

struct Guard {
    int *seen;
    ~Guard() { *seen += NUMBER; }
};

__attribute__((noinline)) int fail(int depth, int *seen) {
    Guard guard{seen};
    if (depth == 0) throw Trouble{"trouble " + std::to_string(Square(1).area())};
    return fail(depth - 1, seen) + 1;
}

extern "C" void check_throws(void) {
    int seen = 0;
    try {
        fail(3, &seen);
    } catch (const Trouble &trouble) {
        std::printf("%s: caught %s, %d guards\n", NAME, trouble.what.c_str(), seen / NUMBER);
    }
    std::printf("%s: inline again %d\n", NAME, next_of_side());
    std::printf("%s: templates %d %s\n", NAME, instance<int>(), instance<std::string>().c_str());
}

extern "C" void OWN(_throw)(bool standard) {
    if (standard) throw std::out_of_range(NAME " range");
    throw Trouble{NAME " trouble"};
}
