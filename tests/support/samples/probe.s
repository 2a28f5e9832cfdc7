# A probe as sys/sdt.h makes it: a group whose signature is the symbol of its own section, one for the whole program.
    .text
    .globl NAME
NAME:
    movl $1, %eax
    ret
    .section .note.stapsdt, "", "note"
    .balign 4
    .quad _.stapsdt.base
    .section .stapsdt.base, "aG", "progbits", .stapsdt.base, comdat
    .weak _.stapsdt.base
    .hidden _.stapsdt.base
_.stapsdt.base:
    .space 1
    .size _.stapsdt.base, 1
    .section .note.GNU-stack, "", "progbits"
