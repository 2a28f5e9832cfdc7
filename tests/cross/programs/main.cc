// Runs both sides, and catches what the library throws.
#include <cstdio>
#include <stdexcept>

#include "shapes.hh"

extern "C" void host_run(void);
extern "C" void library_run(void);
extern "C" void library_throw(bool standard);

int main() {
    host_run();
    library_run();
    try {
        library_throw(true);
    } catch (const std::out_of_range &error) {
        std::printf("main: %s\n", error.what());
    }
    try {
        library_throw(false);
    } catch (const Trouble &trouble) {
        std::printf("main: %s\n", trouble.what.c_str());
    }
}
