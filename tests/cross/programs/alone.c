/* Runs the library without the host. */
void library_run(void);

int main(void) {
    library_run();
    return 0;
}
