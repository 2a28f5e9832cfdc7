/* One global of each kind that a C compiler makes, and what assembly adds. */
extern int elsewhere(int);
extern int absent(void) __attribute__((weak));
extern _Thread_local int foreign_tls;

int common_array[4];
_Thread_local int thread_local_value = 1;
__attribute__((weak)) int weak_value = 2;
__attribute__((visibility("hidden"))) int hidden_value = 3;
__attribute__((visibility("protected"))) int protected_value = 4;
static int local_value = 5;

__attribute__((weak)) int weak_function(void) { return 6; }
__attribute__((visibility("hidden"))) int hidden_function(void) { return hidden_value; }
__attribute__((used)) static int local_function(void) { return local_value; }
int aliased(void) __attribute__((alias("weak_function")));

#ifdef ASSEMBLY
__asm__(".globl assembly_function\n"
        "assembly_function:\n"
        "  ret\n"
        ".weak assembly_weak\n"
        "assembly_weak:\n"
        "  jmp assembly_elsewhere\n"
        "assembly_local:\n"
        "  ret\n"
        ".weak assembly_absent\n"
        "  .quad assembly_absent\n");
#endif

int sx_run(int x)
{
    return elsewhere(x) + weak_function() + hidden_function() + local_function() + (absent ? absent() : 0) +
           thread_local_value + foreign_tls + common_array[x & 3] + weak_value + protected_value;
}
