// The program of both sides.
#include "side.h"

struct Trouble {
    int code;
};

extern "C" {
void host_state();
void host_classes();
void library_state();
void library_classes();
void library_trouble();
[[noreturn]] void ExitProcess(unsigned code);

void start() {
    host_state();
    library_state();
    host_classes();
    library_classes();
    try {
        library_trouble();
    } catch (const Trouble &trouble) {
        printf("main: caught %d\n", trouble.code);
    }
    ExitProcess(0);
}
}
