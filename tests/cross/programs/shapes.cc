// Virtual functions, inline functions and their static variables, objects with constructors.
#include <cstdio>

#include "shapes.hh"

Shape::~Shape() = default;

namespace {
struct Dropped {
    ~Dropped() { std::printf("%s: dropped %d\n", NAME, value); }
    int value = NUMBER;
};
thread_local Dropped dropped;
} // namespace

std::string global_text = std::string("global ") + std::to_string(NUMBER);

__attribute__((noinline)) int area_of(const Shape &shape) { return shape.area(); }

extern "C" void check_shapes(void) {
    const Square square(3);
    std::printf("%s: area %d\n", NAME, area_of(square));
    const Shape &shape = square;
    std::printf("%s: cast %s\n", NAME, dynamic_cast<const Square *>(&shape) ? "square" : "none");
    std::printf("%s: %s\n", NAME, global_text.c_str());
    std::printf("%s: inline %d\n", NAME, next_of_side());
    instance<int>() += NUMBER;
    instance<std::string>() += STRING(NUMBER);
    dropped.value += 0;
}
