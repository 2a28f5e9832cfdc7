//! Functions that stand for ones that nothing defines: each says so on standard error and aborts. Machine code as in
//! [`thunk`](super::thunk), with the message behind it, which the code finds by its distance.

use object::elf;

use super::architecture::Architecture;
use super::thunk::{Code, GLOBAL_OFFSET_TABLE, Relocation, TOC, Target, little};

/// The longest message: every machine has an instruction that loads a number of this size.
const LONGEST: usize = 1024;

const WRITE: Target = Target::Named("write");
const ABORT: Target = Target::Named("abort");
const STDERR: u8 = 2;

/// What is written before the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trap {
    message: Vec<u8>,
}

impl Trap {
    /// Writes `text` and a line's end; what is too long for a line is cut.
    pub fn new(text: &str) -> Self {
        let end = text.len().min(LONGEST - 1);
        Self { message: [&text.as_bytes()[..end], b"\n"].concat() }
    }

    /// The code; `None` for a machine that is not served.
    pub(super) fn code(&self, architecture: Architecture) -> Option<Code> {
        let mut code = match architecture {
            Architecture::X86_64 | Architecture::X32 => self.x86_64(),
            Architecture::I386 => self.i386(),
            Architecture::Aarch64 => self.aarch64(),
            Architecture::Arm => self.arm(),
            Architecture::Riscv64 => self.riscv64(),
            Architecture::S390x => self.s390x(),
            Architecture::Ppc64le => self.ppc64le(),
            Architecture::Loongarch64 | Architecture::Mips64el | Architecture::Mipsel | Architecture::Sparc64 => {
                return None;
            }
        };
        code.bytes.extend(&self.message);
        Some(code)
    }

    fn len(&self) -> u32 {
        self.message.len() as u32
    }

    /// Go calls with the stack at a multiple of 8 only.
    fn x86_64(&self) -> Code {
        let mut bytes = vec![0x55, 0x48, 0x89, 0xe5]; // push %rbp; mov %rsp,%rbp
        bytes.extend([0x48, 0x83, 0xe4, 0xf0]); // and $-16,%rsp
        bytes.extend([0xbf, STDERR, 0, 0, 0]); // mov $2,%edi
        bytes.extend([0x48, 0x8d, 0x35, 17, 0, 0, 0]); // lea message(%rip),%rsi
        bytes.push(0xba); // mov $length,%edx
        bytes.extend(self.len().to_le_bytes());
        let calls = bytes.len() as u64 + 1;
        bytes.extend([0xe8, 0, 0, 0, 0, 0xe8, 0, 0, 0, 0]); // call write@PLT; call abort@PLT
        bytes.extend([0x0f, 0x0b]); // ud2
        Code::calling(bytes, [calls, calls + 5], elf::R_X86_64_PLT32.0, -4)
    }

    /// The PLT wants `%ebx` to hold the GOT's address.
    fn i386(&self) -> Code {
        let mut bytes = vec![0x55, 0x89, 0xe5, 0x83, 0xe4, 0xf0]; // push %ebp; mov %esp,%ebp; and $-16,%esp
        bytes.extend([0xe8, 0, 0, 0, 0, 0x5b]); // call .+5; pop %ebx
        let pop = bytes.len() as u64 - 1;
        bytes.extend([0x8d, 0x8b, 36, 0, 0, 0]); // lea message-pop(%ebx),%ecx
        bytes.extend([0x81, 0xc3]); // add $_GLOBAL_OFFSET_TABLE_+.-pop,%ebx
        let got = bytes.len() as u64;
        bytes.extend([(got - pop) as u8, 0, 0, 0]);
        bytes.extend([0x83, 0xec, 4, 0x68]); // sub $4,%esp; push $length
        bytes.extend(self.len().to_le_bytes());
        bytes.extend([0x51, 0x6a, STDERR]); // push %ecx; push $2
        let calls = bytes.len() as u64 + 1;
        let call = [0xe8, 0xfc, 0xff, 0xff, 0xff];
        bytes.extend([call, call].concat()); // call write@PLT; call abort@PLT
        bytes.extend([0x0f, 0x0b]); // ud2
        let mut code = Code::calling(bytes, [calls, calls + 5], elf::R_386_PLT32.0, 0);
        code.relocations.push(Relocation {
            offset: got,
            r_type: elf::R_386_GOTPC.0,
            target: GLOBAL_OFFSET_TABLE,
            addend: 0,
        });
        code
    }

    fn aarch64(&self) -> Code {
        let words = [
            0xa9bf_7bfd,                          // stp x29,x30,[sp,#-16]!
            0x9100_03fd,                          // mov x29,sp
            0x5280_0000 | u32::from(STDERR) << 5, // mov w0,#2
            0x1000_0001 | 5 << 5,                 // adr x1,message: five words on
            0x5280_0002 | self.len() << 5,        // mov w2,#length
            0x9400_0000,                          // bl write
            0x9400_0000,                          // bl abort
            0xd420_0000,                          // brk #0
        ];
        Code::calling(little(&words), [20, 24], elf::R_AARCH64_CALL26.0, 0)
    }

    /// A32 code: linkers switch where T32 code calls it.
    fn arm(&self) -> Code {
        let words = [
            0xe92d_4800,                     // push {r11,lr}
            0xe3a0_0000 | u32::from(STDERR), // mov r0,#2
            0xe28f_1010,                     // add r1,pc,#16: the message
            0xe59f_2008,                     // ldr r2,[pc,#8]: the length
            0xebff_fffe,                     // bl write
            0xebff_fffe,                     // bl abort
            0xe7f0_00f0,                     // udf #0
            self.len(),
        ];
        Code::calling(little(&words), [16, 20], elf::R_ARM_CALL.0, 0)
    }

    fn riscv64(&self) -> Code {
        let words = [
            0xff01_0113,                           // addi sp,sp,-16
            0x0011_3423,                           // sd ra,8(sp)
            0x0000_0513 | u32::from(STDERR) << 20, // li a0,2
            0x0000_0597,                           // auipc a1,0
            0x0005_8593 | 32 << 20,                // addi a1,a1,message
            0x0000_0613 | self.len() << 20,        // li a2,length
            0x0000_0097,                           // call write
            0x0000_80e7,
            0x0000_0097, // call abort
            0x0000_80e7,
            0x0010_0073, // ebreak
        ];
        Code::calling(little(&words), [24, 32], elf::R_RISCV_CALL_PLT.0, 0)
    }

    fn s390x(&self) -> Code {
        let mut bytes = vec![0xeb, 0xef, 0xf0, 0x70, 0x00, 0x24]; // stmg %r14,%r15,112(%r15)
        bytes.extend([0xa7, 0xfb, 0xff, 0x60]); // aghi %r15,-160
        bytes.extend([0xa7, 0x29, 0, STDERR]); // lghi %r2,2
        bytes.extend([0xc0, 0x30, 0, 0, 0, 12]); // larl %r3,message: in halfwords
        bytes.extend([0xa7, 0x49]); // lghi %r4,length
        bytes.extend((self.len() as u16).to_be_bytes());
        let calls = bytes.len() as u64 + 2;
        bytes.extend([0xc0, 0xe5, 0, 0, 0, 0, 0xc0, 0xe5, 0, 0, 0, 0]); // brasl %r14,write@PLT; %r14,abort@PLT
        bytes.extend([0x00, 0x01]); // an operation that is none
        Code::calling(bytes, [calls, calls + 6], elf::R_390_PLT32DBL.0, 2)
    }

    /// The calls may go through the PLT, which wants `r2` to hold the TOC's address.
    fn ppc64le(&self) -> Code {
        let words = [
            0x3c4c_0000,                     // addis r2,r12,.TOC.-.@ha
            0x3842_0000,                     // addi r2,r2,.TOC.-.@l: the local entry follows
            0x7c08_02a6,                     // mflr r0
            0xf801_0010,                     // std r0,16(r1)
            0xf821_ffe1,                     // stdu r1,-32(r1)
            0x3860_0000 | u32::from(STDERR), // li r3,2
            0x429f_0005,                     // bcl 20,31,.+4
            0x7c88_02a6,                     // mflr r4
            0x3884_0000 | 32,                // addi r4,r4,message
            0x38a0_0000 | self.len(),        // li r5,length
            0x4800_0001,                     // bl write
            0x6000_0000,                     // nop
            0x4800_0001,                     // bl abort
            0x6000_0000,                     // nop
            0x7fe0_0008,                     // trap
        ];
        let mut code = Code::calling(little(&words), [40, 48], elf::R_PPC64_REL24.0, 0);
        let toc = |offset, r_type, addend| Relocation { offset, r_type, target: TOC, addend };
        code.relocations.extend([toc(0, elf::R_PPC64_REL16_HA.0, 0), toc(4, elf::R_PPC64_REL16_LO.0, 4)]);
        // ELFv2 ABI, "Symbol Values": the local entry point is 8 bytes behind the global one.
        Code { st_other: 3 << 5, ..code }
    }
}

impl Code {
    /// Code that calls `write` and `abort` at these offsets.
    fn calling(bytes: Vec<u8>, [write, abort]: [u64; 2], r_type: u32, addend: i64) -> Self {
        let call = |offset, target| Relocation { offset, r_type, target, addend };
        Self { bytes, relocations: vec![call(write, WRITE), call(abort, ABORT)], st_other: 0 }
    }
}
