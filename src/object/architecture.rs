//! The machines and conventions that objects are made for, as far as they matter outside an object's format.

/// What an object is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "lowercase"))]
pub enum Architecture {
    /// x86-64.
    X86_64,
    /// x86-64 with 32-bit pointers.
    X32,
    /// 32-bit x86.
    I386,
    /// 64-bit Arm, little-endian.
    Aarch64,
    /// 32-bit Arm, little-endian.
    Arm,
    /// 64-bit RISC-V.
    Riscv64,
    /// 64-bit z/Architecture.
    S390x,
    /// 64-bit PowerPC, little-endian, second ELF ABI.
    Ppc64le,
    /// 64-bit LoongArch.
    Loongarch64,
    /// 64-bit MIPS, little-endian, n64.
    Mips64el,
    /// 32-bit MIPS, little-endian, o32.
    Mipsel,
    /// 64-bit SPARC.
    Sparc64,
}

impl Architecture {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::X86_64,
        Self::X32,
        Self::I386,
        Self::Aarch64,
        Self::Arm,
        Self::Riscv64,
        Self::S390x,
        Self::Ppc64le,
        Self::Loongarch64,
        Self::Mips64el,
        Self::Mipsel,
        Self::Sparc64,
    ];

    /// What it is called in reports: the first part of its target's name where that is short.
    pub fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::X32 => "x32",
            Self::I386 => "i386",
            Self::Aarch64 => "aarch64",
            Self::Arm => "arm",
            Self::Riscv64 => "riscv64",
            Self::S390x => "s390x",
            Self::Ppc64le => "ppc64le",
            Self::Loongarch64 => "loongarch64",
            Self::Mips64el => "mips64el",
            Self::Mipsel => "mipsel",
            Self::Sparc64 => "sparc64",
        }
    }
}
