/* A C program with two Rust libraries in it. */
extern void first_prepare(void), first_run(void), second_prepare(void), second_run(void);

int main(void) {
    first_prepare();
    second_prepare();
    first_run();
    second_run();
    return 0;
}
