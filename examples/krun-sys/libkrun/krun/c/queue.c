/* The C part of the library. */
unsigned queue_slots(unsigned wanted) {
    unsigned slots = 1;
    while (slots < wanted)
        slots *= 2;
    return slots;
}
