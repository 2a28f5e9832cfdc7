//! What linkers accept in a shared object, by relocation type: tried with GNU ld 2.40, LLD 19 and mold 1.10, a weak
//! reference that nothing defines and one to a hidden function of the same link. A type is [`Reach::Anywhere`] where
//! all three take the weak one, and [`Reach::SameFile`] where only the hidden one is taken by all. Types that go with
//! one that was tried, the second half of an address or another width, stand beside it.

use object::elf::*;

use crate::object::symbol::Reach;

/// What is known of a machine's relocation type in a section that is writable or not: whole words in code and constants
/// would have the dynamic linker write there, which LLD refuses.
pub fn of(machine: Machine, r_type: u32, writable: bool) -> Reach {
    let r_type = RelocationType(r_type);
    let [words, anywhere, same_file, program] = match machine {
        EM_X86_64 => X86_64,
        EM_386 => I386,
        EM_AARCH64 => AARCH64,
        EM_ARM => ARM,
        EM_RISCV => RISCV,
        EM_S390 => S390,
        EM_PPC64 => PPC64,
        _ => return Reach::Unknown,
    };
    let of_words = if writable { Reach::Anywhere } else { Reach::Program };
    let kinds =
        [(words, of_words), (anywhere, Reach::Anywhere), (same_file, Reach::SameFile), (program, Reach::Program)];
    kinds.iter().find(|(types, _)| types.contains(&r_type)).map_or(Reach::Unknown, |&(_, reach)| reach)
}

/// Whole words; what goes through tables and calls that may; distances; and what only programs can have.
type Types = &'static [RelocationType];

const X86_64: [Types; 4] = [
    &[R_X86_64_64],
    &[
        R_X86_64_NONE,
        R_X86_64_PLT32,
        R_X86_64_GOTPCREL,
        R_X86_64_GOTPCRELX,
        R_X86_64_REX_GOTPCRELX,
        R_X86_64_GOT32,
        R_X86_64_GOT64,
        R_X86_64_GOTPCREL64,
        R_X86_64_PLTOFF64,
        R_X86_64_GOTTPOFF,
        R_X86_64_TLSGD,
        R_X86_64_GOTPC32_TLSDESC,
        R_X86_64_TLSDESC_CALL,
    ],
    &[R_X86_64_PC32, R_X86_64_PC64, R_X86_64_GOTOFF64],
    &[R_X86_64_32, R_X86_64_32S, R_X86_64_16, R_X86_64_8, R_X86_64_TPOFF32],
];

const I386: [Types; 4] = [
    &[R_386_32],
    &[R_386_NONE, R_386_PLT32, R_386_GOT32, R_386_GOT32X, R_386_TLS_GD, R_386_TLS_IE, R_386_TLS_GOTIE],
    &[R_386_PC32, R_386_GOTOFF],
    &[R_386_TLS_LE, R_386_TLS_LE_32],
];

const AARCH64: [Types; 4] = [
    &[R_AARCH64_ABS64],
    &[
        R_AARCH64_NONE,
        R_AARCH64_CALL26,
        R_AARCH64_JUMP26,
        R_AARCH64_CONDBR19,
        R_AARCH64_ADR_GOT_PAGE,
        R_AARCH64_LD64_GOT_LO12_NC,
        R_AARCH64_LD64_GOTPAGE_LO15,
        R_AARCH64_TLSDESC_ADR_PAGE21,
        R_AARCH64_TLSDESC_LD64_LO12,
        R_AARCH64_TLSDESC_ADD_LO12,
        R_AARCH64_TLSDESC_CALL,
        R_AARCH64_TLSIE_ADR_GOTTPREL_PAGE21,
        R_AARCH64_TLSIE_LD64_GOTTPREL_LO12_NC,
    ],
    &[
        R_AARCH64_ADR_PREL_LO21,
        R_AARCH64_ADR_PREL_PG_HI21,
        R_AARCH64_ADR_PREL_PG_HI21_NC,
        R_AARCH64_ADD_ABS_LO12_NC,
        R_AARCH64_LDST8_ABS_LO12_NC,
        R_AARCH64_LDST16_ABS_LO12_NC,
        R_AARCH64_LDST32_ABS_LO12_NC,
        R_AARCH64_LDST64_ABS_LO12_NC,
        R_AARCH64_LDST128_ABS_LO12_NC,
        R_AARCH64_PREL32,
        R_AARCH64_PREL64,
    ],
    &[R_AARCH64_ABS32, R_AARCH64_ABS16, R_AARCH64_TLSLE_ADD_TPREL_HI12, R_AARCH64_TLSLE_ADD_TPREL_LO12_NC],
];

const ARM: [Types; 4] = [
    &[R_ARM_ABS32, R_ARM_TARGET1],
    &[
        R_ARM_NONE,
        R_ARM_TARGET2,
        R_ARM_PC24,
        R_ARM_PLT32,
        R_ARM_CALL,
        R_ARM_JUMP24,
        R_ARM_THM_PC22,
        R_ARM_THM_JUMP24,
        R_ARM_GOT_PREL,
        R_ARM_GOT32,
        R_ARM_TLS_GD32,
        R_ARM_TLS_IE32,
    ],
    &[R_ARM_REL32, R_ARM_GOTOFF, R_ARM_MOVW_PREL_NC, R_ARM_MOVT_PREL, R_ARM_THM_MOVW_PREL_NC, R_ARM_THM_MOVT_PREL],
    &[R_ARM_MOVW_ABS_NC, R_ARM_MOVT_ABS, R_ARM_THM_MOVW_ABS_NC, R_ARM_THM_MOVT_ABS, R_ARM_TLS_LE32],
];

/// Distances in data are sums: linkers take them with any summand, a weak one that is null too.
const RISCV: [Types; 4] = [
    &[R_RISCV_32, R_RISCV_64],
    &[
        R_RISCV_NONE,
        R_RISCV_ADD32,
        R_RISCV_ADD64,
        R_RISCV_SUB32,
        R_RISCV_SUB64,
        R_RISCV_CALL,
        R_RISCV_CALL_PLT,
        R_RISCV_GOT_HI20,
        R_RISCV_TLS_GD_HI20,
        R_RISCV_TLS_GOT_HI20,
    ],
    &[R_RISCV_PCREL_HI20, R_RISCV_JAL],
    &[R_RISCV_HI20, R_RISCV_LO12_I, R_RISCV_LO12_S, R_RISCV_TPREL_HI20],
];

const S390: [Types; 4] = [
    &[R_390_64],
    &[
        R_390_NONE,
        R_390_PLT32DBL,
        R_390_GOTENT,
        R_390_GOTPLTENT,
        R_390_GOT12,
        R_390_GOT16,
        R_390_GOT20,
        R_390_GOT32,
        R_390_TLS_GD64,
        R_390_TLS_GDCALL,
        R_390_TLS_LDCALL,
        R_390_TLS_IEENT,
    ],
    &[R_390_PC32, R_390_PC32DBL, R_390_PC64, R_390_GOTOFF64],
    &[R_390_32, R_390_16, R_390_TLS_LE64],
];

/// Calls without a table of contents, and that table's entries by `GOT16` types, are unknown here: LLD 19 takes none of
/// the former that leaves its object, mold 1.10 neither kind.
const PPC64: [Types; 4] = [
    &[R_PPC64_ADDR64],
    &[
        R_PPC64_NONE,
        R_PPC64_REL24,
        R_PPC64_GOT_TLSGD16_HA,
        R_PPC64_GOT_TLSGD16_LO,
        R_PPC64_TLSGD,
        R_PPC64_GOT_TPREL16_HA,
        R_PPC64_GOT_TPREL16_LO_DS,
        R_PPC64_TLS,
    ],
    &[R_PPC64_TOC16_HA, R_PPC64_TOC16_LO, R_PPC64_TOC16_LO_DS, R_PPC64_REL32, R_PPC64_REL64],
    &[R_PPC64_ADDR32, R_PPC64_ADDR16_HA, R_PPC64_ADDR16_LO, R_PPC64_TPREL16_HA],
];
