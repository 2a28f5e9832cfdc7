// The little of Microsoft's static C and C++ runtime that both sides need.
extern "C" {
int _fltused = 1;

extern const int type_info_vtable __asm__("??_7type_info@@6B@");
const int type_info_vtable = 0;

// Thread-local storage: what lies between the first and the last section of the name, and the callbacks likewise.
typedef void (*Callback)(void *, unsigned, void *);
unsigned _tls_index;
__attribute__((section(".tls"))) char tls_start = 0;
__attribute__((section(".tls$ZZZ"))) char tls_end = 0;
__attribute__((section(".CRT$XLA"))) Callback callbacks_start = nullptr;
__attribute__((section(".CRT$XLZ"))) Callback callbacks_end = nullptr;
// IMAGE_TLS_DIRECTORY64
struct {
    void *start, *end, *index, *callbacks;
    unsigned zeros, characteristics;
} _tls_used = {&tls_start, &tls_end, &_tls_index, &callbacks_start + 1, 0, 0};
}

void operator delete(void *, unsigned long long) noexcept {}
