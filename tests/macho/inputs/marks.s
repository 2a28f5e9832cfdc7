// What only assembler says: an alias of a name elsewhere, a plain number, a second entry, a tentative definition,
// pointers through the indirect symbol table, differences of addresses.
    .text
    .globl _entry
_entry:
    .long _table - _entry + 8
    .globl _second_entry
    .alt_entry _second_entry
_second_entry:
    .long 0
_inner:
    .long 0
    .private_extern _private
_private:
    .long 0
    .globl _number
    .set _number, 5
    .globl _alias
    .set _alias, _other
    .comm _block, 16, 3
    .lcomm _zeroed, 8
    .data
_table:
    .long _inner - _private
    .globl _words
_words:
    WORD _entry
    WORD _data + 8
    WORD _elsewhere
    .no_dead_strip _words
    .section __DATA,__nl_ptrs,non_lazy_symbol_pointers
L_pointers:
    .indirect_symbol _elsewhere
    WORD 0
    .indirect_symbol _inner
    WORD 0
    .indirect_symbol _data
    WORD 0
    .section __LLVM,__bitcode
    .section __LLVM,__cmdline
    .asciz "-O1"
    .subsections_via_symbols
