//! Small functions as machine code, without a compiler: each calls another function with a number in front of its own
//! arguments. Calling conventions are those of each machine's ELF psABI, relocations those of its C compiler.

use object::elf;

use super::architecture::Architecture;
use super::trap::Trap;

/// What a function is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thunk {
    /// How many arguments the caller gives: integers and pointers of the machine's word size or less.
    pub arguments: u8,
    /// What the called function gets in front of them.
    pub first: u16,
}

/// A hidden symbol to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// Its name.
    pub name: Vec<u8>,
    /// What it is.
    pub body: Body,
}

/// What a symbol that is made stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// A function that calls this one, whose name has a version where it is bound to one.
    Call(Vec<u8>, Thunk),
    /// A function that says that it is none, and aborts.
    Trap(Trap),
    /// Data that is only read: so many zero bytes.
    Zeros(u8),
}

/// A function's code.
#[derive(Debug)]
pub(super) struct Code {
    pub bytes: Vec<u8>,
    pub relocations: Vec<Relocation>,
    /// Of the function's symbol.
    pub st_other: u8,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Relocation {
    pub offset: u64,
    pub r_type: u32,
    pub target: Target,
    /// Beside what the code itself holds, on machines whose relocations have none (`SHT_REL`).
    pub addend: i64,
}

/// What a relocation refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// The function to call.
    Callee,
    /// This symbol.
    Named(&'static str),
}

/// i386's table, and where ppc64 has the address of its own.
pub(super) const GLOBAL_OFFSET_TABLE: Target = Target::Named("_GLOBAL_OFFSET_TABLE_");
pub(super) const TOC: Target = Target::Named(".TOC.");

impl Thunk {
    /// Whether there is code for it on this machine.
    pub fn exists_on(self, architecture: Architecture) -> bool {
        self.code(architecture).is_some()
    }

    /// The code; `None` for a machine, or for more arguments, than are served.
    pub(super) fn code(self, architecture: Architecture) -> Option<Code> {
        match architecture {
            Architecture::X86_64 | Architecture::X32 => self.x86_64(),
            Architecture::I386 => self.i386(),
            Architecture::Aarch64 => self.aarch64(),
            Architecture::Arm => self.arm(),
            Architecture::Riscv64 => self.riscv64(),
            Architecture::S390x => self.s390x(),
            Architecture::Ppc64le => self.ppc64le(),
            Architecture::Loongarch64 | Architecture::Mips64el | Architecture::Mipsel | Architecture::Sparc64 => None,
        }
    }

    /// `rdi rsi rdx rcx r8 r9`.
    fn x86_64(self) -> Option<Code> {
        const MOVES: [[u8; 3]; 5] = [
            [0x48, 0x89, 0xfe], // mov %rdi,%rsi
            [0x48, 0x89, 0xf2], // mov %rsi,%rdx
            [0x48, 0x89, 0xd1], // mov %rdx,%rcx
            [0x49, 0x89, 0xc8], // mov %rcx,%r8
            [0x4d, 0x89, 0xc1], // mov %r8,%r9
        ];
        let mut bytes = MOVES.get(..self.arguments.into())?.iter().rev().flatten().copied().collect::<Vec<_>>();
        bytes.push(0xbf); // mov $first,%edi
        bytes.extend(u32::from(self.first).to_le_bytes());
        bytes.extend([0xe9, 0, 0, 0, 0]); // jmp callee@PLT
        let offset = bytes.len() as u64 - 4;
        Some(Code::tail(bytes, Relocation::callee(offset, elf::R_X86_64_PLT32.0, -4)))
    }

    /// All on the stack; the PLT wants `%ebx` to hold the GOT's address.
    fn i386(self) -> Option<Code> {
        if self.arguments > 5 {
            return None;
        }
        let pushed = 4 * (self.arguments + 1);
        // The return address and %ebx are on it; calls are made with the stack at a multiple of 16.
        let padding = 8_u8.wrapping_sub(pushed) % 16;
        let mut bytes = vec![0x53]; // push %ebx
        bytes.extend([0xe8, 0, 0, 0, 0, 0x5b]); // call .+5; pop %ebx
        bytes.extend([0x81, 0xc3, 3, 0, 0, 0]); // add $_GLOBAL_OFFSET_TABLE_+3,%ebx: from the pop on
        bytes.extend([0x83, 0xec, padding]); // sub $padding,%esp
        for _ in 0..self.arguments {
            bytes.extend([0xff, 0x74, 0x24, 4 + padding + 4 * self.arguments]); // push argument, last first
        }
        bytes.push(0x68); // push $first
        bytes.extend(u32::from(self.first).to_le_bytes());
        bytes.extend([0xe8, 0xfc, 0xff, 0xff, 0xff]); // call callee@PLT
        let offset = bytes.len() as u64 - 4;
        bytes.extend([0x83, 0xc4, padding + pushed, 0x5b, 0xc3]); // add $...,%esp; pop %ebx; ret
        let got = Relocation { offset: 9, r_type: elf::R_386_GOTPC.0, target: GLOBAL_OFFSET_TABLE, addend: 0 };
        let call = Relocation::callee(offset, elf::R_386_PLT32.0, 0);
        Some(Code { bytes, relocations: vec![got, call], st_other: 0 })
    }

    /// `x0` to `x7`.
    fn aarch64(self) -> Option<Code> {
        if self.arguments > 7 {
            return None;
        }
        let moves = (0..u32::from(self.arguments)).rev().map(|from| 0xaa00_03e0 | from << 16 | (from + 1)); // mov
        let mut words: Vec<u32> = moves.collect();
        words.push(0x5280_0000 | u32::from(self.first) << 5); // mov w0,#first
        words.push(0x1400_0000); // b callee
        let offset = 4 * words.len() as u64 - 4;
        Some(Code::tail(little(&words), Relocation::callee(offset, elf::R_AARCH64_JUMP26.0, 0)))
    }

    /// `r0` to `r3`, then the stack. A32 code: linkers switch where T32 code calls it.
    fn arm(self) -> Option<Code> {
        let [low, high] = self.first.to_le_bytes().map(u32::from);
        let moves = |count: u32| (0..count).rev().map(|from| 0xe1a0_0000 | (from + 1) << 12 | from); // mov
        let load = [0xe3a0_0000 | low, 0xe380_0c00 | high]; // mov r0,#low; orr r0,r0,#(high << 8)
        match self.arguments {
            0..=3 => {
                let jump = [0xeaff_fffe]; // b callee
                let words: Vec<u32> = moves(self.arguments.into()).chain(load).chain(jump).collect();
                let offset = 4 * words.len() as u64 - 4;
                Some(Code::tail(little(&words), Relocation::callee(offset, elf::R_ARM_JUMP24.0, 0)))
            }
            4 | 5 => {
                // sub sp,sp,#16; str lr,[sp,#12]; str r3,[sp]
                let mut before = vec![0xe24d_d010, 0xe58d_e00c, 0xe58d_3000];
                if self.arguments == 5 {
                    before.extend([0xe59d_c010, 0xe58d_c004]); // ldr ip,[sp,#16]; str ip,[sp,#4]
                }
                // bl callee; ldr lr,[sp,#12]; add sp,sp,#16; bx lr
                let after = [0xebff_fffe, 0xe59d_e00c, 0xe28d_d010, 0xe12f_ff1e];
                let words: Vec<u32> = before.into_iter().chain(moves(3)).chain(load).chain(after).collect();
                let offset = 4 * (words.len() - after.len()) as u64;
                Some(Code::tail(little(&words), Relocation::callee(offset, elf::R_ARM_CALL.0, 0)))
            }
            _ => None,
        }
    }

    /// `a0` to `a7`, which are `x10` to `x17`.
    fn riscv64(self) -> Option<Code> {
        if self.arguments > 7 || self.first >= 1 << 11 {
            return None;
        }
        let moves = (10..10 + u32::from(self.arguments)).rev().map(|from| 0x13 | from << 15 | (from + 1) << 7); // mv
        let mut words: Vec<u32> = moves.collect();
        words.push(0x13 | 10 << 7 | u32::from(self.first) << 20); // li a0,first
        words.extend([0x0000_0317, 0x0003_0067]); // tail callee
        let offset = 4 * words.len() as u64 - 8;
        Some(Code::tail(little(&words), Relocation::callee(offset, elf::R_RISCV_CALL_PLT.0, 0)))
    }

    /// `r2` to `r6`, then the stack; `r6` belongs to the caller all the same.
    fn s390x(self) -> Option<Code> {
        let moves = |count: u8| (2..2 + count).rev().flat_map(|from| [0xb9, 0x04, 0x00, (from + 1) << 4 | from]); // lgr
        let mut load = vec![0xa7, 0x29]; // lghi %r2,first
        load.extend(i16::try_from(self.first).ok()?.to_be_bytes());
        match self.arguments {
            0..=3 => {
                let jump = [0xc0, 0xf4, 0, 0, 0, 0]; // jg callee@PLT
                let bytes: Vec<u8> = moves(self.arguments).chain(load).chain(jump).collect();
                let offset = bytes.len() as u64 - 4;
                Some(Code::tail(bytes, Relocation::callee(offset, elf::R_390_PLT32DBL.0, 2)))
            }
            4 | 5 => {
                // stmg %r6,%r15,48(%r15); aghi %r15,-168
                let mut before = vec![0xeb, 0x6f, 0xf0, 0x30, 0x00, 0x24, 0xa7, 0xfb, 0xff, 0x58];
                if self.arguments == 5 {
                    before.extend([0xe3, 0x60, 0xf0, 0xa0, 0x00, 0x24]); // stg %r6,160(%r15)
                }
                // brasl %r14,callee@PLT; lmg %r6,%r15,216(%r15); br %r14
                let after = [0xc0, 0xe5, 0, 0, 0, 0, 0xeb, 0x6f, 0xf0, 0xd8, 0x00, 0x04, 0x07, 0xfe];
                let bytes: Vec<u8> = before.into_iter().chain(moves(4)).chain(load).chain(after).collect();
                let offset = (bytes.len() - after.len() + 2) as u64;
                Some(Code::tail(bytes, Relocation::callee(offset, elf::R_390_PLT32DBL.0, 2)))
            }
            _ => None,
        }
    }

    /// `r3` to `r10`. The call may go through the PLT, which wants `r2` to hold the TOC's address and saves it.
    fn ppc64le(self) -> Option<Code> {
        if self.arguments > 7 {
            return None;
        }
        // addis r2,r12,.TOC.-.@ha; addi r2,r2,.TOC.-.@l: the global entry; the local one follows.
        let mut words = vec![0x3c4c_0000, 0x3842_0000];
        words.extend([0x7c08_02a6, 0xf801_0010, 0xf821_ffe1]); // mflr r0; std r0,16(r1); stdu r1,-32(r1)
        let moves = (3..3 + u32::from(self.arguments)).rev();
        words.extend(moves.map(|from| 0x7c00_0378 | from << 21 | (from + 1) << 16 | from << 11)); // mr
        words.push(0x3860_0000 | u32::from(self.first)); // li r3,first
        let offset = 4 * words.len() as u64;
        words.extend([0x4800_0001, 0x6000_0000]); // bl callee; nop
        words.extend([0x3821_0020, 0xe801_0010, 0x7c08_03a6, 0x4e80_0020]); // addi; ld; mtlr r0; blr
        let toc = |offset, r_type, addend| Relocation { offset, r_type, target: TOC, addend };
        let relocations = vec![
            toc(0, elf::R_PPC64_REL16_HA.0, 0),
            toc(4, elf::R_PPC64_REL16_LO.0, 4),
            Relocation::callee(offset, elf::R_PPC64_REL24.0, 0),
        ];
        // ELFv2 ABI, "Symbol Values": the local entry point is 8 bytes behind the global one.
        Some(Code { bytes: little(&words), relocations, st_other: 3 << 5 })
    }
}

impl Code {
    fn tail(bytes: Vec<u8>, relocation: Relocation) -> Self {
        Self { bytes, relocations: vec![relocation], st_other: 0 }
    }
}

impl Relocation {
    fn callee(offset: u64, r_type: u32, addend: i64) -> Self {
        Self { offset, r_type, target: Target::Callee, addend }
    }
}

pub(super) fn little(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}
