//! Compilers' bytecode: beside machine code, where some tools read it instead, and in place of it.

use std::collections::BTreeSet;

use crate::audit::facts::Facts;
use crate::audit::finding::Found;
use crate::error::printable;
use crate::object::symbol::{Bytecode, SectionPurpose};
use crate::report::text::count;

/// Takes bytecode out and makes no name private: in a C++ library all would be.
const STRIP: &str = "isolate --strip-bitcode --keep '*'";

/// LLVM bitcode beside the machine code, as rustc and `clang -fembed-bitcode` put it there.
pub fn embedded_bitcode(facts: &Facts<'_>) -> Option<Found> {
    let bytes = |at: usize| match facts.symbols(at).object.bytecode {
        None => facts.members[at].bytes.in_sections(SectionPurpose::Bitcode),
        Some(_) => 0,
    };
    let carry = |at: usize| bytes(at) > 0;
    let members = facts.members_that(carry);
    if members.is_empty() {
        return None;
    }
    let exports = facts.exports.iter().filter(|&&id| {
        facts.db.name(id).first_definition.is_some_and(|member| carry(facts.db.member(member).position))
    });
    let names: Vec<_> = exports.map(|&id| facts.name(id)).collect();
    let all: u64 = (0..facts.members.len()).map(bytes).sum();
    let size = facts.parsed().input.file_len();
    let exports = match names.len() {
        0 => String::new(),
        n => format!("; {n} of {} are defined there", count(facts.exports.len(), "export")),
    };
    let producer = producers(facts, &carry);
    let absent = if names.is_empty() { "" } else { ", so that the exports look absent" };
    Some(Found {
        what: format!(
            "LLVM bitcode beside machine code in {} of {}, {all} of {size} bytes{exports}",
            members.len(),
            count(facts.members.len(), "member"),
        ),
        breaks: format!(
            "GNU nm, ar s and ranlib with the plugin of an older LLVM than the bitcode's{producer}, and an older llvm-nm, \
             read it instead of the symbol table and see no names{absent}; ranlib then writes an index without them, by \
             which GNU ld and gold report undefined references. lld, mold, and GNU tools without a plugin, are not misled"
        ),
        members,
        names,
        mend: Some(facts.armend(STRIP)),
    })
}

/// LLVM bitcode and nothing else.
pub fn raw_bitcode(facts: &Facts<'_>) -> Option<Found> {
    let members = with(facts, Bytecode::Llvm)?;
    let producer = producers(facts, &|at| facts.symbols(at).object.bytecode == Some(Bytecode::Llvm));
    let rust = members.iter().any(|member| member.ends_with(".rcgu.o"));
    let mend = match rust {
        true => "cargo rustc --release -- -C linker-plugin-lto=no",
        false => "make clean all CFLAGS='-O2 -fno-lto'",
    };
    Some(Found {
        what: format!(
            "LLVM bitcode{producer} and no machine code in {} of {}",
            members.len(),
            count(facts.members.len(), "member")
        ),
        breaks: "only a linker with an LLVM as new as that links them: lld of that version, GNU ld and gold with its \
                 LLVMgold.so. With an older one they refuse the file, and GNU nm and ranlib see no names"
            .to_owned(),
        members,
        mend: Some(mend.to_owned()),
        ..Found::default()
    })
}

/// LLVM bitcode that lld takes in place of the machine code beside it.
pub fn llvm_fat(facts: &Facts<'_>) -> Option<Found> {
    let members = with(facts, Bytecode::LlvmFat)?;
    Some(Found {
        what: format!(
            "LLVM bitcode for link-time optimization beside machine code in {}",
            count(members.len(), "member")
        ),
        breaks:
            "lld with --fat-lto-objects takes the bitcode and refuses one of a newer LLVM; armend isolate refuses the \
                 members, as the names in the bitcode would stay"
                .to_owned(),
        members,
        mend: Some(facts.armend(STRIP)),
        ..Found::default()
    })
}

/// GCC bytecode and nothing else.
pub fn gcc_slim(facts: &Facts<'_>) -> Option<Found> {
    let members = with(facts, Bytecode::GccSlim)?;
    let path = facts.path();
    Some(Found {
        what: format!(
            "GCC bytecode and no machine code in {} of {}",
            members.len(),
            count(facts.members.len(), "member")
        ),
        breaks: "only GCC of the same version links them, through its plugin: another GCC stops at \"bytecode stream \
                 generated with LTO version ...\"; without the plugin, so from rustc and clang, GNU ld and mold stop \
                 and lld finds no definitions"
            .to_owned(),
        members,
        mend: Some(format!("gcc -O2 -r -nostdlib -flinker-output=nolto-rel -Wl,--whole-archive {path} -o whole.o")),
        ..Found::default()
    })
}

/// GCC bytecode beside machine code.
pub fn gcc_fat(facts: &Facts<'_>) -> Option<Found> {
    let members = with(facts, Bytecode::GccFat)?;
    Some(Found {
        what: format!("GCC bytecode beside machine code in {}", count(members.len(), "member")),
        breaks: "gcc -flto takes the bytecode, and that of another version stops it (\"bytecode stream generated with \
                 LTO version ...\"); linkers without GCC's plugin take the machine code. armend isolate refuses the \
                 members, as the names in the bytecode would stay"
            .to_owned(),
        members,
        mend: Some(facts.armend(STRIP)),
        ..Found::default()
    })
}

/// Who wrote the bitcode of the members that are so, in brackets.
fn producers(facts: &Facts<'_>, are: &dyn Fn(usize) -> bool) -> String {
    let objects = facts.parsed().objects.iter().enumerate().filter(|(at, _)| are(*at));
    let producers: BTreeSet<String> =
        objects.filter_map(|(_, object)| object.bitcode_producer()).map(|text| printable(&text)).collect();
    match producers.len() {
        0 => String::new(),
        _ => format!(" ({})", producers.into_iter().collect::<Vec<_>>().join(", ")),
    }
}

/// The members with this bytecode, if there are any.
fn with(facts: &Facts<'_>, bytecode: Bytecode) -> Option<Vec<String>> {
    let members = facts.members_that(|at| facts.symbols(at).object.bytecode == Some(bytecode));
    (!members.is_empty()).then_some(members)
}
